/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of struct net_device that drivers set and that no function hides.
 */
#ifndef WGR_COMPAT_NETDEV_H
#define WGR_COMPAT_NETDEV_H

#include <linux/netdevice.h>

/* For the setup function: ndo_start_xmit locks for itself. */
static inline void wgr_compat_set_lltx(struct net_device *dev)
{
#ifdef WGR_HAVE_LLTX_FIELD
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/*
 * dev->tstats, statistics of each CPU: the first function belongs into setup,
 * the others into ndo_init and ndo_uninit. Where the kernel allocates and frees
 * for the driver the last two have nothing left to do.
 */
static inline void wgr_compat_tstats_setup(struct net_device *dev)
{
#ifdef WGR_HAVE_PCPU_STAT_TYPE_FIELD
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
#endif
}

/*
 * A thread for each NAPI context, on kernels whose own driver of this kind wants
 * them: older ones were found to lose wake-ups of such threads. The first function
 * belongs before the registration of the device.
 */
static inline void wgr_compat_threads_on(struct net_device *dev)
{
#ifdef WGR_HAVE_NETIF_THREADED_ENABLE
	netif_threaded_enable(dev);
#endif
}

/* May sleep: ends the threads. */
static inline void wgr_compat_threads_off(struct net_device *dev)
{
#ifdef WGR_HAVE_NETIF_THREADED_ENABLE
	dev_set_threaded(dev, NETDEV_NAPI_THREADED_DISABLED);
#endif
}

/* Return: 0 or -ENOMEM. */
static inline int wgr_compat_tstats_init(struct net_device *dev)
{
#ifndef WGR_HAVE_PCPU_STAT_TYPE_FIELD
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats)
		return -ENOMEM;
#endif
	return 0;
}

static inline void wgr_compat_tstats_uninit(struct net_device *dev)
{
#ifndef WGR_HAVE_PCPU_STAT_TYPE_FIELD
	free_percpu(dev->tstats);
	dev->tstats = NULL;
#endif
}

#endif
