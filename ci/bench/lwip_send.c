// SPDX-License-Identifier: GPL-2.0
/*
 * TCP of a program instead of the kernel's: sends zeros with lwIP, which knows
 * no SACK and takes three doubled acknowledgements for a loss.
 *
 *   lwip_send ADDRESS ROUTER TO PORT SECONDS
 *
 * ADDRESS is lwIP's own, on the device lwip0 that is made; the kernel is at
 * ROUTER on it, with the same first three numbers. A receiver counts.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <lwip/api.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>

static int device;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static err_t output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	char packet[2048];
	u16_t length = pbuf_copy_partial(p, packet, sizeof(packet), 0);

	/* What the device does not take is lost, as on any line. */
	return write(device, packet, length) == length ? ERR_OK : ERR_IF;
}

static err_t attach(struct netif *netif)
{
	netif->name[0] = 't';
	netif->name[1] = 'n';
	netif->mtu = 1420;
	netif->output = output;
	return ERR_OK;
}

static void *input(void *arg)
{
	struct netif *netif = arg;
	char packet[2048];
	ssize_t length;

	while ((length = read(device, packet, sizeof(packet))) > 0) {
		struct pbuf *p = pbuf_alloc(PBUF_RAW, length, PBUF_POOL);

		if (!p)
			continue;
		pbuf_take(p, packet, length);
		if (netif->input(p, netif) != ERR_OK)
			pbuf_free(p);
	}
	return NULL;
}

static void open_device(void)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	strcpy(request.ifr_name, "lwip0");
	device = open("/dev/net/tun", O_RDWR);
	if (device < 0 || ioctl(device, TUNSETIFF, &request))
		die("/dev/net/tun");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void send_for(struct netconn *conn, double seconds)
{
	static const char zeros[16384];
	double end = now() + seconds;
	err_t err;

	while (now() < end) {
		err = netconn_write(conn, zeros, sizeof(zeros), NETCONN_NOCOPY);
		if (err != ERR_OK) {
			fprintf(stderr, "lwip_send: %s\n", lwip_strerr(err));
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	ip4_addr_t own, router, mask;
	struct netif netif = { 0 };
	struct netconn *conn;
	pthread_t reader;
	ip_addr_t to;

	if (argc != 6 || !ip4addr_aton(argv[1], &own) || !ip4addr_aton(argv[2], &router) || !ipaddr_aton(argv[3], &to)) {
		fprintf(stderr, "lwip_send ADDRESS ROUTER TO PORT SECONDS\n");
		return 2;
	}
	IP4_ADDR(&mask, 255, 255, 255, 0);
	open_device();
	tcpip_init(NULL, NULL);
	LOCK_TCPIP_CORE();
	netif_add(&netif, &own, &mask, &router, NULL, attach, tcpip_input);
	netif_set_default(&netif);
	netif_set_up(&netif);
	netif_set_link_up(&netif);
	UNLOCK_TCPIP_CORE();
	if (pthread_create(&reader, NULL, input, &netif))
		die("thread");
	/* The kernel's end is raised when the device is there. */
	sleep(1);
	conn = netconn_new(NETCONN_TCP);
	if (!conn || netconn_connect(conn, &to, atoi(argv[4])) != ERR_OK) {
		fprintf(stderr, "lwip_send: no connection to %s\n", argv[3]);
		return 1;
	}
	send_for(conn, atof(argv[5]));
	netconn_close(conn);
	sleep(1);
	return 0;
}
