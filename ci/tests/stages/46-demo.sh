#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demonstration in short: programs through the tunnel, the stills, the picture, and
# that the figures say what is true.
# quick: no
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit

number=0
failed=0
out=$WGR_STAGE_RESULTS/demo

# check WHAT COMMAND...
check()
{
	local what=$1 word=ok
	shift

	number=$((number + 1))
	"$@" || { word='not ok'; failed=1; }
	echo "$word $number - $what"
}

# figure KIND MODULE MEASURE
figure()
{
	awk -v kind="$1" -v module="$2" -v measure="$3" \
		'$2 == kind && $3 == module && $4 == measure { print $5 }' "$out/demo.tsv"
}

demo()
{
	local rc=0

	ci/demo/demo.sh --short "$out" >"$WGR_STAGE_RESULTS/said" 2>&1 || rc=$?
	sed 's/^/# /' "$WGR_STAGE_RESULTS/said"
	return "$rc"
}

sentences()
{
	[[ $(grep -cE '^(Packets|TCP|QUIC of .*|Video): ' "$WGR_STAGE_RESULTS/said") == 5 ]]
}

# Each step says what time is left: five measurements, what they need, the picture.
progress()
{
	[[ $(grep -cE '^\[ *[0-9]+ s, (about [0-9]+ (min|s)|a few seconds) left\] [a-z]' "$WGR_STAGE_RESULTS/said") == 10 ]]
}

video()
{
	[[ $(figure video ours intact) == 200 && $(figure video stock intact) -lt 100 ]]
}

# quic KIND: ours at least twice as fast.
quic()
{
	awk -v stock="$(figure "$1" stock mbit)" -v ours="$(figure "$1" ours mbit)" \
		'BEGIN { exit !(stock > 0 && ours > 2 * stock) }'
}

# psnr FILE FILE: of two pictures, "inf" if they are equal.
psnr()
{
	ffmpeg -v info -nostdin -i "$1" -i "$2" -lavfi psnr -f null - 2>&1 | sed -n 's/.*average:\([^ ]*\).*/\1/p'
}

stills()
{
	local frame

	frame=$(sed -n 's/^frame = //p' "$out/demo-log/data.gp")
	ffmpeg -v fatal -nostdin -y -i "$out"/demo-log/video-*/clip.ts -vf "select=eq(n\,$frame)" -frames:v 1 \
		"$out/demo-log/sent.png"
	# Through one more conversion of colours than the other.
	awk -v ours="$(psnr "$out/demo-log/sent.png" "$out/demo-log/ours.png")" \
		-v stock="$(psnr "$out/demo-log/sent.png" "$out/demo-log/stock.png")" \
		'BEGIN { exit !((ours == "inf" || ours > 40) && stock < 30) }'
}

picture()
{
	[[ $(ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 "$out/demo.png") == png,1320,800 ]]
}

# The verdict on figures that are not what they should be.
faults()
{
	! ci/demo/report.py sentences <(awk '$2 == "udp" && $3 == "ours" && $4 == "out_of_order" { $5 = 7 } { print }' \
		OFS='\t' "$out/demo.tsv") >"$out/faults" && grep -q '^FAILED: .* ours delivered packets out of order' "$out/faults"
}

# A stream of which a tenth is missing, and one that is not there.
broken()
{
	# shellcheck source=ci/bench/video.sh
	. ci/bench/video.sh
	local clip=("$out"/demo-log/video-*/clip.ts) intact

	[[ $(video_intact "${clip[0]}" "${clip[0]}") == 200 ]] || return
	head -c "$(($(stat -c %s "${clip[0]}") / 2))" "${clip[0]}" >"$out/half.ts"
	intact=$(video_intact "${clip[0]}" "$out/half.ts")
	[[ $intact -gt 80 && $intact -lt 110 ]] || return
	: >"$out/nothing.ts"
	[[ $(video_intact "${clip[0]}" "$out/nothing.ts") == 0 ]]
}

# ITU-T G.107 gives 93.2 without delay and loss; the fit is within a point or two of it.
ratings()
{
	local said

	said=$(for c in '0 0 1000' '80 0 1000' '280 0 1000' '0 100 1000'; do
		# Several words.
		# shellcheck disable=SC2086
		ci/bench/applications.py rating $c
	done | xargs)
	[[ $said == '89.1 87.2 68.9 63.8' ]] || { echo "# $said"; return 1; }
}

rm -rf "$out"
check 'it ends well' demo
check 'each kind has its sentence' sentences
check 'each step tells what time is left' progress
check 'video: all frames intact with ours, less than half with stock' video
check 'QUIC: ngtcp2' quic ngtcp2
check 'QUIC: quic-go' quic quicgo
check 'stills: the frame as it was sent, and a damaged one' stills
check 'the picture' picture
check 'packets out of order with ours are a failure' faults
check 'frames of a clip that is broken off are counted' broken
check 'R factor' ratings
echo "1..$number"
exit "$failed"
