#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what programs make of a tunnel, by the kernel's own module and by the
# one under test ($WGR_KO) in turn, on one kernel.
#
#   ci/bench/applications.sh [OPTION...] PATH...
#
#   --pairs N      runs of each module for each path and kind (5)
#   --seconds N    of each run (4), TCP of the kernel after 2 that do not count; the clip has 8
#   --kinds LIST   all of these, if it is not given:
#                  udp     numbered datagrams, 20 Mbit/s: how many come out of order
#                  cubic   TCP of the kernel; bbr; norack (cubic with tcp_recovery=0)
#                  ngtcp2  a file by HTTP/3, ngtcp2 (cubic) sends and receives
#                  quicgo  the same, the server is caddy, whose QUIC is quic-go
#                  lwip    TCP of a program: lwIP sends, which knows no SACK
#                  video   MPEG-TS over UDP, 6 Mbit/s: frames that are exactly as sent;
#                          beside it a call, requests for names, and ping
#                  rtp     the same stream in RTP, received by ffmpeg
#   --tsv FILE     append "path kind module measure value" for each figure
#   --keep FOLDER  leave the clip there, and as what it was received in the first run
#
# PATH is one of path.sh; b receives. $WGR_SERVERS is the folder that servers.sh prints. With "travel" as the kernel the machine's speed is
# in no figure:
#
#   WGR_KO=$(ci/vm/module.sh travel) ci/vm/uml.sh travel --cpus 1 --env WGR_SERVERS="$(ci/bench/servers.sh)" \
#       -- ci/bench/applications.sh 30:10:a15
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"
# shellcheck source=ci/bench/video.sh
. "$here/video.sh"

pairs=5
seconds=4
omit=2
clip_seconds=8
kinds=udp,cubic,bbr,norack,ngtcp2,quicgo,lwip,video,rtp
tsv=''
keep=''
udp_mbit=20
work=$(mktemp -d)
near=192.168.241.1
far=192.168.241.2
export PATH=${WGR_SERVERS:+$WGR_SERVERS:}$PATH
# lwIP's network is behind a.
lwip=192.168.242

# figure NAME VALUE: of the run that is under way.
figure()
{
	printf '%s\t%s\t%s\t%s\t%s\n' "$path" "$kind" "$module" "$1" "$2" | tee -a "$work/rows"
}

# figures LINE NAME...: fields of a line "name=value name=value".
figures()
{
	local line=$1 name
	shift

	for name in "$@"; do
		figure "$name" "$(field "$name" "$line")"
	done
}

in_list()
{
	[[ ,$kinds, == *,$1,* ]]
}

# Bytes that the path carries in the time of a run.
bytes()
{
	awk -v rate="${path%%:*}" -v seconds="$seconds" 'BEGIN { printf "%d\n", rate * seconds * 1e6 / 8 }'
}

prepare()
{
	if in_list ngtcp2 || in_list quicgo; then
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
			-addext subjectAltName=DNS:localhost -keyout "$work/key" -out "$work/certificate" 2>/dev/null
		cat >"$work/caddyfile" <<-END
			{
				admin off
				auto_https off
				default_sni localhost
				storage file_system $work/caddy
			}
			https://localhost:4433 {
				tls $work/certificate $work/key
				root * $work/files
				file_server
			}
		END
	fi
	if in_list lwip; then
		# Several words.
		# shellcheck disable=SC2046
		gcc -O2 -Wall -o "$work/lwip_send" "$here/lwip_send.c" $(pkg-config --cflags --libs lwip) -lpthread
	fi
	if in_list video || in_list rtp; then
		video_clip "$work/clip.ts" "$clip_seconds"
		clip_frames=$(video_frames "$work/clip.ts" | wc -l)
		[[ -z $keep ]] || cp "$work/clip.ts" "$keep/"
	fi
}

run_udp()
{
	local line

	udp_flow 1 >/dev/null
	line=$(udp_flow "$seconds")
	figures "$line" sent out_of_order lost
}

run_tcp()
{
	local line

	line=$(tcp_flow "$kind")
	figure mbit "${line% *}"
	figure retransmitted "${line#* }"
}

# http3 SERVER...: fetch a file by HTTP/3 from that server, which is started.
http3()
{
	local size begin

	size=$(bytes)
	mkdir -p "$work/files" "$work/got"
	truncate -s "$size" "$work/files/$size"
	at a "$@" >"$work/server.log" 2>&1 &
	wait_for 20 udp_listens a 4433
	begin=$(date +%s%N)
	at b timeout 600 gtlsclient --no-pmtud --exit-on-all-streams-close --no-quic-dump --no-http-dump -q \
		--download="$work/got" "$near" 4433 "https://localhost:4433/$size" >"$work/client.log" 2>&1 || true
	begin=$(($(date +%s%N) - begin))
	if [[ $(stat -c %s "$work/got/$size" 2>/dev/null) != "$size" ]]; then
		echo "$kind: the file did not arrive" >&2
		tail -n 3 "$work/client.log" "$work/server.log" >&2
		return 1
	fi
	rm "$work/got/$size"
	figure mbit "$(awk -v size="$size" -v time="$begin" 'BEGIN { printf "%.2f\n", size * 8000 / time }')"
}

run_ngtcp2()
{
	http3 gtlsserver -q --no-pmtud -d "$work/files" --cc=cubic "$near" 4433 "$work/key" "$work/certificate"
}

run_quicgo()
{
	http3 env HOME="$work" GOMAXPROCS=1 caddy run --config "$work/caddyfile" --adapter caddyfile
}

run_lwip()
{
	local sink sender

	at a sysctl -qw net.ipv4.ip_forward=1
	at b wg set wg0 peer "$pub1" allowed-ips "$near/32,$lwip.0/24"
	ip -n b route add "$lwip.0/24" dev wg0
	at b "$here/stream.py" --port 5202 sink >"$work/sink" &
	sink=$!
	wait_for 20 listens b 5202
	at a "$work/lwip_send" "$lwip.2" "$lwip.1" "$far" 5202 "$seconds" &
	sender=$!
	wait_for 10 ip -n a link show lwip0
	ip -n a addr add "$lwip.1/24" dev lwip0
	ip -n a link set lwip0 up
	wait "$sink" "$sender"
	figures "$(<"$work/sink")" mbit
}

# seen FILE: the frames of the clip that came.
seen()
{
	figure frames "$clip_frames"
	figure intact "$(video_intact "$work/clip.ts" "$1")"
	[[ -z $keep || -e $keep/${path//[:\/]/-}-$kind-$module.ts ]] || cp "$1" "$keep/${path//[:\/]/-}-$kind-$module.ts"
}

# A ping's times on stdin, ms: mean and 99th percentile.
ping_times()
{
	sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		awk '{ t[NR] = $1; sum += $1 } END { printf "ms=%.2f p99_ms=%.2f\n", sum / NR, t[int(NR * 0.99 + 0.99)] }'
}

run_video()
{
	local receiver others=()

	at b "$here/stream.py" receive "$work/came.ts" &
	receiver=$!
	at a "$here/stream.py" --port 53 answer &
	wait_for 20 udp_listens b 5004
	wait_for 20 udp_listens a 53
	sequence a b "$far" --count $((clip_seconds * 50)) --rate 50 --size 172 >"$work/call" &
	others+=($!)
	at b "$here/stream.py" --port 53 ask $((clip_seconds * 20)) 20 "$near" >"$work/names" &
	others+=($!)
	at b ping -n -i 0.05 -c $((clip_seconds * 20)) "$near" | ping_times >"$work/ping" &
	others+=($!)
	at a "$here/stream.py" send "$work/clip.ts" "$video_mbit" "$far"
	wait "$receiver" "${others[@]}"
	seen "$work/came.ts"
	figure call_r "$("$here/applications.py" rating "$(field delay_p99_ms "$(<"$work/call")")" \
		"$(field lost "$(<"$work/call")")" "$(field sent "$(<"$work/call")")")"
	figure call_p99_ms "$(field delay_p99_ms "$(<"$work/call")")"
	figure call_lost "$(field lost "$(<"$work/call")")"
	figure names_ms "$(field ms "$(<"$work/names")")"
	figure names_p99_ms "$(field p99_ms "$(<"$work/names")")"
	figure ping_ms "$(field ms "$(<"$work/ping")")"
	figure ping_p99_ms "$(field p99_ms "$(<"$work/ping")")"
}

run_rtp()
{
	local receiver

	rm -f "$work/came.ts"
	# By rtp://, ffmpeg takes its first look and drops what it has seen.
	printf '%s\n' v=0 "o=- 0 0 IN IP4 $far" s=- "c=IN IP4 $far" 't=0 0' 'm=video 5004 RTP/AVP 33' >"$work/sdp"
	at b timeout -s INT $((clip_seconds + 5)) ffmpeg -v error -nostdin -y -threads 1 -protocol_whitelist file,udp,rtp \
		-i "$work/sdp" -map 0:v -c copy -f mpegts "$work/came.ts" >"$work/ffmpeg.log" 2>&1 &
	receiver=$!
	wait_for 20 udp_listens b 5004
	at a "$here/stream.py" send --rtp "$work/clip.ts" "$video_mbit" "$far"
	wait "$receiver" || true
	seen "$work/came.ts"
}

# Uses $path, $kind, $module and $i.
run()
{
	use "$module"
	build "$path"
	tunnels
	# By which of two lines a program's first packet goes decides how it begins: each in
	# turn, too.
	[[ $((i % 2)) == 0 ]] || at a ping -q -c 1 "$far" >/dev/null
	case $kind in
	cubic|bbr|norack) run_tcp ;;
	*) "run_$kind" ;;
	esac
	clear_hosts >/dev/null 2>&1
}

main()
{
	local path kind module i

	options "pairs seconds kinds tsv keep" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	path_modules
	prepare
	for path in "${rest[@]}"; do
		for kind in ${kinds//,/ }; do
			[[ $(type -t "run_$kind") == function || $kind =~ ^(cubic|bbr|norack)$ ]] || usage
			for ((i = 0; i < pairs; i++)); do
				for module in stock ours; do
					run
				done
			done
		done
		[[ -z $tsv ]] || cat "$work/rows" >>"$tsv"
		"$here/applications.py" medians "$work/rows"
		rm "$work/rows"
	done
	rm -rf "$work"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
