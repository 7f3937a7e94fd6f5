#!/bin/sh
# From nothing to the shipped bundle: every command that made it, in order.
# Each line is resumed by running this file again; what is done is not done twice.
set -eu
allaprima corpus build --processes 2
allaprima train text --minutes 18
[ -f data/bank/scenes256.npy ] || allaprima train bank --large 3000
[ -f data/runs/autoencoder/checkpoint.pt ] || allaprima train autoencoder --minutes 45 --anneal-minutes 6
allaprima train bank --shards 64
allaprima train denoiser --minutes 90
allaprima train denoiser --anneal --minutes 15
allaprima export
allaprima judge quick
