"""Networks over tokens by PyTorch: python3 bench/torch-peer.py step|reference gru|tcn [TOKENS], or --check alone. Prints one line of JSON;
exits 3 where torch is not installed.

`step` times one step of training. `reference` is the reference estimator's whole job on a file of tokens (int32, little-endian, those to
learn from only): training, validation, sampling. Its loop is written out, so that nothing of a training framework is in the times.
"""
import argparse
import json
import os
import statistics
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
    from torch.nn.utils import weight_norm
except ImportError:
    sys.exit(3)

# Of a step: as in bench/tfjs-peer.mjs.
STREAMS, STEPS, VOCABULARY, CHANNELS, KERNEL, DILATIONS = 64, 64, 64, 64, 3, (1, 2, 4)
# Of the reference.
WINDOW, BATCH, VALIDATION_SHARE, RATE, MAX_EPOCHS, MIN_DELTA, PATIENCE, SAMPLES = 128, 256, 0.2, 1e-3, 1000, 0.005, 1, 200


class StepGru(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, CHANNELS)
        self.gru = nn.GRU(CHANNELS, CHANNELS, batch_first=True)
        self.linear = nn.Linear(CHANNELS, VOCABULARY)

    def forward(self, tokens):
        return self.linear(self.gru(self.embedding(tokens))[0])


class StepTcn(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, CHANNELS)
        self.convolutions = nn.ModuleList(nn.Conv1d(CHANNELS, CHANNELS, KERNEL, dilation=d) for d in DILATIONS)
        self.linear = nn.Linear(CHANNELS, VOCABULARY)

    def forward(self, tokens):
        x = self.embedding(tokens).transpose(1, 2)
        for i, (convolution, dilation) in enumerate(zip(self.convolutions, DILATIONS)):
            x = convolution(F.pad(x if i == 0 else F.relu(x), ((KERNEL - 1) * dilation, 0)))
        return self.linear(x.transpose(1, 2))


def step(cell, seed):
    """Milliseconds of forward, backward, clipping and Adam, of a batch that stays the same."""
    torch.manual_seed(seed)
    model = StepGru() if cell == "gru" else StepTcn()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    tokens = torch.randint(VOCABULARY, (STREAMS, STEPS + 1))
    inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].reshape(-1)
    times = []
    for i in range(35):
        started = time.perf_counter()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).reshape(-1, VOCABULARY), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if i >= 5:
            times.append((time.perf_counter() - started) * 1e3)
    return {"ms": statistics.median(times), "loss": loss.item()}


def best_step(cell, seed, given):
    """On one thread and on all: two threads of recurrent networks may well be slower than one. The faster one counts."""
    tried = {}
    for threads in sorted({1, len(os.sched_getaffinity(0))}) if given is None else [given]:
        torch.set_num_threads(threads)
        tried[threads] = step(cell, seed)
    threads = min(tried, key=lambda each: tried[each]["ms"])
    return {**tried[threads], "threads": threads, "msByThreads": {each: tried[each]["ms"] for each in tried}}


class ReferenceGru(nn.Module):
    """The token index is a number, and there are as many units as tokens. Predicts what follows the window."""

    def __init__(self, classes):
        super().__init__()
        self.gru = nn.GRU(1, classes, batch_first=True)
        self.linear = nn.Linear(classes, classes)

    def forward(self, windows):
        return self.linear(self.gru(windows.unsqueeze(2))[0][:, -1:])


class TemporalBlock(nn.Module):
    """As Bai, Kolter and Koltun have it. Their N(0, 0.01) for weights below weight normalization is overwritten before it is ever used; it
    reaches the 1x1 convolution only."""

    def __init__(self, inputs, outputs, kernel, dilation):
        super().__init__()
        self.padding = (kernel - 1) * dilation
        self.conv1 = weight_norm(nn.Conv1d(inputs, outputs, kernel, padding=self.padding, dilation=dilation))
        self.conv2 = weight_norm(nn.Conv1d(outputs, outputs, kernel, padding=self.padding, dilation=dilation))
        self.downsample = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else None
        if self.downsample is not None:
            self.downsample.weight.data.normal_(0, 0.01)

    def forward(self, x):
        y = F.relu(self.conv1(x)[:, :, : -self.padding].contiguous())
        y = F.relu(self.conv2(y)[:, :, : -self.padding].contiguous())
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ReferenceTcn(nn.Module):
    """The token index is a number. Predicts what follows each step of the window."""

    def __init__(self, classes, layers):
        super().__init__()
        self.blocks = nn.Sequential(*(TemporalBlock(1 if i == 0 else classes, classes, 3, 2**i) for i in range(layers)))
        self.linear = nn.Linear(classes, classes)
        self.linear.weight.data.normal_(0, 0.01)

    def forward(self, windows):
        return self.linear(self.blocks(windows.unsqueeze(1)).transpose(1, 2))


def batches(tokens):
    """Every window, in order, with what follows it."""
    windows = tokens.unfold(0, WINDOW + 1, 1)
    for i in range(0, len(windows), BATCH):
        yield windows[i : i + BATCH]


def losses(model, batch):
    """Nats of each prediction: of one after each window, or of one after each of its steps."""
    logits = model(batch[:, :-1].float())
    targets = batch[:, -logits.shape[1] :]
    return F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")


@torch.no_grad()
def validate(model, tokens):
    """Mean loss of all predictions, and of the last one of each window alone."""
    model.eval()
    each = torch.cat([losses(model, batch) for batch in batches(tokens)])
    model.train()
    return each.mean().item(), each[:, -1].mean().item()


def train(model, learned, held):
    """Number of passes."""
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1)
    best, without = float("inf"), 0
    for epoch in range(1, MAX_EPOCHS + 1):
        for batch in batches(learned):
            optimizer.zero_grad()
            losses(model, batch).mean().backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        loss = validate(model, held)[0]
        scheduler.step(loss)
        if loss < best - MIN_DELTA:
            best, without = loss, 0
        else:
            without += 1
            if without >= PATIENCE:
                return epoch
    return MAX_EPOCHS


@torch.no_grad()
def sample(model, window):
    """Seconds per token, the whole window run anew for each."""
    model.eval()
    started = time.perf_counter()
    for _ in range(SAMPLES):
        probabilities = torch.softmax(model(window.float().unsqueeze(0))[0, -1], 0)
        window = torch.cat([window[1:], torch.multinomial(probabilities, 1)])
    return (time.perf_counter() - started) / SAMPLES


def reference(cell, path, layers, seed, threads):
    if threads is not None:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    with open(path, "rb") as file:
        tokens = torch.frombuffer(bytearray(file.read()), dtype=torch.int32).long()
    split = len(tokens) - int(len(tokens) * VALIDATION_SHARE)
    learned, held = tokens[:split], tokens[split:]
    if len(held) <= WINDOW:
        sys.exit(f"{path}: the validation part has no window of {WINDOW}")
    classes = int(tokens.max()) + 1
    model = ReferenceGru(classes) if cell == "gru" else ReferenceTcn(classes, layers)
    started = time.perf_counter()
    epochs = train(model, learned, held)
    seconds = time.perf_counter() - started
    mean, last = validate(model, held)
    return {
        "threads": torch.get_num_threads(),
        "tokens": len(tokens),
        "classes": classes,
        "parameters": sum(p.numel() for p in model.parameters()),
        "trainSeconds": seconds,
        "epochs": epochs,
        "validationNats": mean,
        "validationNatsFullWindow": last,
        "validationTokensFullWindow": len(held) - WINDOW,
        "sampleSecondsPerPacket": sample(model, learned[-WINDOW:]),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="only tell whether torch is installed")
    parser.add_argument("task", nargs="?", choices=["step", "reference"])
    parser.add_argument("cell", nargs="?", choices=["gru", "tcn"])
    parser.add_argument("tokens", nargs="?")
    parser.add_argument("--layers", type=int, default=1, help="blocks of the reference's TCN")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, help="otherwise the better of one and all for a step, torch's default for the reference")
    args = parser.parse_args()
    if args.check:
        return
    if args.cell is None or (args.task == "reference") != (args.tokens is not None):
        parser.error("step gru|tcn, or reference gru|tcn TOKENS")
    if args.task == "step":
        result = best_step(args.cell, args.seed, args.threads)
    else:
        result = reference(args.cell, args.tokens, args.layers, args.seed, args.threads)
    print(json.dumps({"task": args.task, "cell": args.cell, "torch": torch.__version__, **result}))


main()
