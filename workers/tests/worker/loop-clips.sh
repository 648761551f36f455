#!/bin/bash
# Makes short clips with what makes a loop hard, then runs the test on them: loop-clips.sh TEST
set -euo pipefail
clips=$(mktemp -d)
trap 'rm -rf "$clips"' EXIT

# clip NAME FPS SECONDS-OF-SOUND OPTION…: about a second of video; no sound for 0 seconds.
clip() {
  local name=$1 fps=$2 sound=$3 input=()
  if [ "$sound" != 0 ]; then input=(-f lavfi -i "sine=duration=$sound:sample_rate=${rate:-48000}"); fi
  ffmpeg -v error -y -f lavfi -i "testsrc=size=160x120:rate=$fps:duration=1.2" "${input[@]}" "${@:4}" "$clips/$name"
}

h264=(-c:v libx264 -preset ultrafast -bf 2 -b_strategy 0 -g 12 -pix_fmt yuv420p)
clip shorter-sound.mp4 25 0.7 "${h264[@]}" -c:a aac
clip longer-sound.mp4 25 1.7 "${h264[@]}" -c:a aac
clip longer-sound.mkv 25 1.7 "${h264[@]}" -c:a aac
clip stereo.mp4 25 0.6 "${h264[@]}" -c:a aac -ac 2
rate=8000 clip pcma.mkv 25 0.6 "${h264[@]}" -c:a pcm_alaw
clip slow.mp4 12.5 0 "${h264[@]}"
clip slower.mkv 10 0 "${h264[@]}"
clip ntsc.mp4 30000/1001 0 "${h264[@]}"
clip h265.mkv 30000/1001 0 -c:v libx265 -preset ultrafast -x265-params log-level=none
clip mjpeg.mkv 25 0 -c:v mjpeg -huffman default
ffmpeg -v error -i "$clips/longer-sound.mp4" -c:v copy -c:a libopus -t 1.2 -f matroska - >"$clips/without-duration.mkv"
"$1" -k "$clips"/*
