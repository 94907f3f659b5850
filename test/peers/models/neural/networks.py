"""The networks of model files by PyTorch: modules of torch.nn, and the TemporalConvNet of S. Bai, J. Z. Kolter and V. Koltun (2018),
whose parameters are loaded from the file as it is.

    python3 test/peers/models/neural/networks.py < requests.json    a list of {"model": path, "tokens": a list of tokens for each stream}

Prints a list of the logits behind each token: streams by steps by tokens.
"""
import json
import struct
import sys

import torch
from torch import nn
from torch.nn.utils import weight_norm

# Beside those of the network a file has tensors of the quantizer and of the training.
MODULES = ("embedding.", "rnn.", "tcn.", "output.")


def read_safetensors(path):
    """https://github.com/huggingface/safetensors, "Format": the length of the header, the header, the data."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name.startswith(MODULES):
            assert entry["dtype"] == "F32"
            begin, end = entry["data_offsets"]
            tensors[name] = torch.frombuffer(data[begin:end], dtype=torch.float32).reshape(entry["shape"])
    return tensors, header["__metadata__"]


class TemporalBlock(nn.Module):
    def __init__(self, inputs, outputs, kernel_size, dilation):
        super().__init__()
        self.cut = (kernel_size - 1) * dilation

        def convolution(channels):
            return weight_norm(nn.Conv1d(channels, outputs, kernel_size, padding=self.cut, dilation=dilation))

        self.conv1 = convolution(inputs)
        self.conv2 = convolution(outputs)
        self.downsample = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x):
        y = x
        for conv in (self.conv1, self.conv2):
            y = torch.relu(conv(y)[:, :, : -self.cut])
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class TemporalConvNet(nn.Module):
    def __init__(self, inputs, hidden, layers, kernel_size):
        super().__init__()
        blocks = [TemporalBlock(hidden if i else inputs, hidden, kernel_size, 2**i) for i in range(layers)]
        self.network = nn.Sequential(*blocks)

    def forward(self, x):
        return self.network(x.transpose(1, 2)).transpose(1, 2)


class Network(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.embedding = nn.Embedding(a["vocabulary"] + 1, a["embedding"])
        if a["cell"] == "gru":
            self.rnn = nn.GRU(a["embedding"], a["hidden"], a["layers"], batch_first=True)
        else:
            self.tcn = TemporalConvNet(a["embedding"], a["hidden"], a["layers"], a["kernelSize"])
        self.output = nn.Linear(a["hidden"], a["vocabulary"])

    def forward(self, tokens):
        x = self.embedding(tokens)
        return self.output(self.rnn(x)[0] if hasattr(self, "rnn") else self.tcn(x))


def logits_of(model, tokens):
    tensors, metadata = read_safetensors(model)
    network = Network(json.loads(metadata["summary"]))
    # Strict: no tensor may be missing, and none be too many.
    network.load_state_dict(tensors)
    network.eval()
    with torch.no_grad():
        return network(torch.tensor(tokens)).tolist()


json.dump([logits_of(**request) for request in json.load(sys.stdin)], sys.stdout)
