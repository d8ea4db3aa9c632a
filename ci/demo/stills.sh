# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What somebody saw who watched what came of a clip. Both files have the sender's
# times, so a frame that is missing is one that stood still on the screen.

# stills_frame CLIP RECEIVED: the number of the frame of median damage (by PSNR): half
# of them look worse.
stills_frame()
{
	ffmpeg -v fatal -nostdin -copyts -i "$1" -copyts -i "$2" -filter_complex '[0:v][1:v]psnr=stats_file=-' -f null - |
		sed -n 's/^n:\([0-9]*\) .*psnr_avg:\([0-9.inf]*\).*/\2 \1/p' | sort -g | cut -d ' ' -f 2 |
		awk '{ frame[NR] = $1 } END { if (!NR) exit 1; print frame[int((NR + 1) / 2)] - 1 }'
}

# stills_take CLIP RECEIVED FRAME FILE: how that frame looked.
stills_take()
{
	ffmpeg -v fatal -nostdin -y -copyts -i "$1" -copyts -i "$2" \
		-filter_complex "[0:v][1:v]overlay,select=eq(n\,$3)" -frames:v 1 -f image2 -update 1 "$4"
	[[ -s $4 ]]
}
