#!/bin/sh
# The whole spine at a tiny size in minutes: does every door open? The pictures are worth nothing.
set -eu
folder=${1:-data/smoke}
python - "$folder/corpus" <<'PY'
import sys
from allaprima.scene.sample_corpus import sample_corpus
sample_corpus(sys.argv[1])
PY
allaprima scenes --corpus "$folder/corpus" --sheet "$folder/scenes.png" --count 12
allaprima train bank --corpus "$folder/corpus" --folder "$folder/bank" --large 80
allaprima train autoencoder --size xs --minutes 0.5 --corpus "$folder/corpus" \
    --scenes "$folder/bank/scenes256.npy" --folder "$folder/runs/autoencoder"
