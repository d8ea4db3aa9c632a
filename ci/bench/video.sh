# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# A clip as it is sent over a network, and what is left of it when it arrives.

# Of each datagram's 1316 bytes, 7 packets of the stream.
video_mbit=6
video_rate=25

# video_clip FILE SECONDS: H.264 in an MPEG transport stream of a constant 6 Mbit/s.
# Every frame differs from the others and has its number in a corner.
video_clip()
{
	ffmpeg -v error -nostdin -y -f lavfi -i "mandelbrot=size=640x360:rate=$video_rate" \
		-f lavfi -i "testsrc2=size=640x360:rate=$video_rate" \
		-filter_complex '[1]crop=104:40:0:0[number];[0][number]overlay=0:0:shortest=1,format=yuv420p' \
		-frames:v $(($2 * video_rate)) -threads 1 -c:v libx264 -preset veryfast -g 25 -bf 0 \
		-b:v 5400k -minrate 5400k -maxrate 5400k -bufsize 1500k -x264-params nal-hrd=cbr \
		-f mpegts -muxrate "${video_mbit}M" "$1"
}

# video_frames FILE: a checksum for each frame that can be decoded, in any state.
video_frames()
{
	# It complains of what is broken, which is what is measured here.
	ffmpeg -v quiet -nostdin -threads 1 -i "$1" -map 0:v -fps_mode passthrough -f framemd5 - |
		sed -n 's/^0,.*, *//p'
}

# video_intact SENT RECEIVED: how many of the frames are as they were sent.
video_intact()
{
	[[ -s $2 ]] || { echo 0; return; }
	comm -12 <(video_frames "$1" | sort -u) <(video_frames "$2" | sort -u) | wc -l
}
