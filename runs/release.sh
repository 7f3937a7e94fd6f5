#!/bin/sh
# From nothing to the shipped bundle: every command that made it, in order.
# Each line is resumed by running this file again; what is done is not done twice.
set -eu
allaprima corpus build --processes 2
allaprima train text --minutes 18
[ -f data/bank/scenes256.npy ] || allaprima train bank --large 3000
[ -f data/runs/autoencoder/checkpoint.pt ] || allaprima train autoencoder --minutes 45 --anneal-minutes 6
[ -f data/runs/autoencoder/decoder.pt ] || allaprima train autoencoder --decoder-only --minutes 40
allaprima train prior --minutes 101
allaprima train bank --shards 94
allaprima train bank --shards 94 --sketch
[ -f data/runs/denoiser/annealed.pt ] || allaprima train denoiser --minutes 190
[ -f data/runs/denoiser/annealed.pt ] || allaprima train denoiser --anneal --minutes 90 --lr 7e-4
allaprima train upscaler --minutes 25
allaprima train grid --minutes 3 --scenes 8 --crowd 0
allaprima train student --minutes 37
allaprima export --guidance 7
allaprima train steps --minutes 3
allaprima export steps
allaprima judge quick
