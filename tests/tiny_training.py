"""Small networks with weights of every kind, and a bank of a few scenes: enough to export for real in seconds."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from pathlib import Path

import torch

from allaprima.export.bundle import Trained
from allaprima.scene.sample_corpus import sample_corpus
from allaprima.train import autoencoder, denoiser
from allaprima.train.bank import compose_shard, encode_shard, shards
from allaprima.train.captions_encoding import CaptionEncoder
from allaprima.train.text import TextConfig, TextEncoder, save
from tiny_bundle import _tokenizer, _vocabulary

SCENES = 12


@torch.no_grad()
def tiny_trained(folder: Path) -> Trained:
    """Three untrained networks; what training begins at zero is stirred, so that every weight matters."""
    torch.manual_seed(3)
    words = _vocabulary()
    tokenizer = _tokenizer(words)
    tokenizer.enable_truncation(32)
    tokenizer.enable_padding(length=32, pad_id=0, pad_token="[PAD]")
    path = folder / "tokenizer.json"
    tokenizer.save(str(path))
    text = TextEncoder(TextConfig(vocabulary=len(words), embedding=32, depth=1, hidden=2)).eval()
    painter = autoencoder.Autoencoder(autoencoder.PRESETS["xs"]).eval()
    network = denoiser.Denoiser(denoiser.PRESETS["xs"]).eval()
    for module in (painter, network):
        for parameter in module.parameters():
            if not parameter.abs().max() > 0:
                parameter.normal_(std=0.02)
    # A trained time network is smooth; an untrained one follows its fastest sine.
    network.time.mlp[0].weight[:, network.time.width // 4 : network.time.width // 2] = 0.0
    network.time.mlp[0].weight[:, 3 * network.time.width // 4 :] = 0.0
    return Trained(text, painter, network, path, {"step": 1, "scenes": 64, "minutes": 0.1})


def save_text_run(trained: Trained, runs: Path) -> None:
    """The text student as its own training leaves it."""
    save(runs / "text" / "checkpoint.pt", {
        "format": 1, "config": asdict(trained.text.config), "size": "xs", "seed": 0, "step": 9, "minutes": 1.0,
        "summary": {}, "sentences": "", "network": trained.text.state_dict(),
    })  # fmt: skip


def tiny_corpus(folder: Path) -> Path:
    """A dozen concepts in three styles, on disk."""
    sample_corpus(folder)
    return folder


def tiny_bank(folder: Path, corpus: Path, trained: Trained) -> Path:
    """Two encoded shards of a dozen scenes each."""
    from tokenizers import Tokenizer

    words = CaptionEncoder(trained.text, Tokenizer.from_file(str(trained.tokenizer)))
    for index in range(2):
        compose_shard(corpus, folder, index, count=SCENES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch, about memory maps that are only read
        for shard in shards(folder, encoded=False):
            encode_shard(shard, trained.autoencoder, words, fast=False)
    return folder
