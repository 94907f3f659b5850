#!/bin/sh
# The models of the examples, learned from the embedded capture: the same bytes each time, on any machine.
set -eu
cd "$(dirname "$0")"
synth="node ../../bin/synth.js"
capture=../../fixtures/doorbell/doorbell.pcap
$synth train $capture --flow "TCP 10.77.0.17:39296 10.77.0.1:1883" --payload-only --seed 1 --force --out telemetry.safetensors
$synth train $capture --flow "UDP 10.77.0.17:40004 10.77.0.1:5004" --seed 1 --force --out call.safetensors
$synth train $capture --device 02:00:00:00:00:17 --payload-only --seed 1 --force --out doorbell.safetensors
