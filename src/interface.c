// SPDX-License-Identifier: GPL-2.0
/* interface.c - the network interface: made and taken away, up and down. */
#include "interface.h"

#include <compat/netdev.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/suspend.h>
#include <net/ip_tunnels.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>
#include <net/sock.h>

#include "control/ethtool.h"
#include "control/sysfs.h"
#include "device.h"
#include "handshakes.h"
#include "peer.h"
#include "rx.h"
#include "settings.h"
#include "sock.h"
#include "tx.h"

/* What one datagram carries besides the inner packet, over IPv6. */
#define OVERHEAD (sizeof(struct ipv6hdr) + sizeof(struct udphdr) + \
		  sizeof(struct wgr_msg_data) + WGR_TAG_LEN)

/* Those of all namespaces; guarded by rtnl. */
static LIST_HEAD(devices);

static struct rtnl_link_ops link_ops;

bool wgr_is_device(const struct net_device *dev)
{
	return dev->rtnl_link_ops == &link_ops;
}

/* ---- up and down ---- */

/* Two addresses of ours in one subnet must not be told about by redirects. */
static void no_redirects(struct net_device *dev)
{
	struct in_device *in = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6 = __in6_dev_get(dev);

	if (in) {
		IN_DEV_CONF_SET(in, SEND_REDIRECTS, false);
		IPV4_DEVCONF_ALL(dev_net(dev), SEND_REDIRECTS) = false;
	}
	/* Nobody else shares the link: no link-local address is wanted. */
	if (in6)
		WRITE_ONCE(in6->cnf.addr_gen_mode, IN6_ADDR_GEN_MODE_NONE);
}

static int open_device(struct net_device *dev)
{
	struct wgr_device *wgr = netdev_priv(dev);
	struct wgr_peer *peer;
	int ret;

	no_redirects(dev);
	mutex_lock(&wgr->lock);
	ret = wgr_sock_open(&wgr->socks, wgr->socks.port);
	if (ret)
		goto unlock;
	list_for_each_entry(peer, &wgr->peers, node) {
		wgr_timers_start(&peer->timers);
		wgr_tx_push(peer);
		wgr_tx_interval_changed(peer);
	}
unlock:
	mutex_unlock(&wgr->lock);
	return ret;
}

static void forget_session_keys(struct wgr_device *wgr)
{
	struct wgr_peer *peer;

	lockdep_assert_held(&wgr->lock);

	list_for_each_entry(peer, &wgr->peers, node) {
		wgr_sessions_end_handshake(peer);
		wgr_sessions_clear(peer);
	}
}

static void close_socks(struct wgr_device *wgr)
{
	if (wgr_sock_close(&wgr->socks))
		wgr_peers_drop_routes(wgr);
}

static int stop_device(struct net_device *dev)
{
	struct wgr_device *wgr = netdev_priv(dev);

	mutex_lock(&wgr->lock);
	close_socks(wgr);
	wgr_peers_stop_alarms(wgr);
	wgr_handshakes_stop(wgr);
	wgr_peers_clear(wgr);
	mutex_unlock(&wgr->lock);
	return 0;
}

static int init_device(struct net_device *dev)
{
	return wgr_compat_tstats_init(dev);
}

/*
 * After this the statistics of each CPU are gone, so all that counts must have
 * ended: polls and workers. Nobody finds the device to configure it any more.
 */
static void uninit_device(struct net_device *dev)
{
	struct wgr_device *wgr = netdev_priv(dev);

	mutex_lock(&wgr->lock);
	rcu_assign_pointer(wgr->socks.birth_net, NULL);
	close_socks(wgr);
	wgr_peers_remove_all(wgr);
	mutex_unlock(&wgr->lock);
	/* All peers are dead, so neither kind of worker asks the other. */
	wgr_handshakes_stop(wgr);
	flush_workqueue(wgr->wq_crypt);
	wgr_compat_tstats_uninit(dev);
}

static const struct net_device_ops device_ops = {
	.ndo_open = open_device,
	.ndo_stop = stop_device,
	.ndo_start_xmit = wgr_tx_xmit,
	.ndo_init = init_device,
	.ndo_uninit = uninit_device,
	.ndo_get_stats64 = dev_get_tstats64,
};

/* ---- what holds for all devices at once ---- */

static void forget_all_session_keys(void)
{
	struct wgr_device *wgr;

	rtnl_lock();
	list_for_each_entry(wgr, &devices, node) {
		mutex_lock(&wgr->lock);
		WRITE_ONCE(wgr->asleep, true);
		forget_session_keys(wgr);
		mutex_unlock(&wgr->lock);
	}
	rtnl_unlock();
	/* They are wiped when the last reader is done. */
	rcu_barrier();
}

static void push_staged(struct wgr_device *wgr)
{
	struct wgr_peer *peer;

	lockdep_assert_held(&wgr->lock);

	if (!netif_running(wgr->dev))
		return;
	list_for_each_entry(peer, &wgr->peers, node)
		wgr_tx_push(peer);
}

static void wake_all(void)
{
	struct wgr_device *wgr;

	rtnl_lock();
	list_for_each_entry(wgr, &devices, node) {
		mutex_lock(&wgr->lock);
		WRITE_ONCE(wgr->asleep, false);
		push_staged(wgr);
		mutex_unlock(&wgr->lock);
	}
	rtnl_unlock();
}

static int pm_event(struct notifier_block *nb, unsigned long event, void *data)
{
	/* A platform that sleeps all the time would never keep a session. */
	if (IS_ENABLED(CONFIG_PM_AUTOSLEEP) ||
	    IS_ENABLED(CONFIG_PM_USERSPACE_AUTOSLEEP) ||
	    IS_ENABLED(CONFIG_ANDROID))
		return 0;
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_SUSPEND_PREPARE:
		/* Keys must not lie in memory while the machine sleeps. */
		forget_all_session_keys();
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_SUSPEND:
		wake_all();
		break;
	}
	return 0;
}

static struct notifier_block pm_notifier = { .notifier_call = pm_event };

/* New keys before anything more is sent; what comes with the old ones is taken. */
static void begin_anew(struct wgr_peer *peer)
{
	wgr_sessions_end_handshake(peer);
	wgr_noise_stop_sending(&peer->noise);
	/* An earlier try may have failed for want of the key there is now. */
	wgr_alarms_forget_initiation(&peer->timers.alarms);
}

/*
 * A copy of this machine has the same keys and counters, so nothing must be sent
 * with them again. Receiving with them does no harm: a peer that has nothing to
 * send would not be heard until it noticed.
 */
static int vmfork_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	struct wgr_device *wgr;
	struct wgr_peer *peer;

	rtnl_lock();
	list_for_each_entry(wgr, &devices, node) {
		mutex_lock(&wgr->lock);
		list_for_each_entry(peer, &wgr->peers, node)
			begin_anew(peer);
		push_staged(wgr);
		mutex_unlock(&wgr->lock);
	}
	rtnl_unlock();
	return 0;
}

static struct notifier_block vmfork_notifier = { .notifier_call = vmfork_event };

/* The sockets' namespace goes away; the interface may live in another one. */
static void net_exit(struct net *net)
{
	struct wgr_device *wgr;

	rtnl_lock();
	list_for_each_entry(wgr, &devices, node) {
		if (rcu_access_pointer(wgr->socks.birth_net) != net)
			continue;
		netif_carrier_off(wgr->dev);
		mutex_lock(&wgr->lock);
		rcu_assign_pointer(wgr->socks.birth_net, NULL);
		close_socks(wgr);
		wgr_peers_forget_routes(wgr);
		mutex_unlock(&wgr->lock);
	}
	rtnl_unlock();
}

static struct pernet_operations net_ops = { .pre_exit = net_exit };

/* ---- threads ---- */

/*
 * Threads let the scheduler put the polls of busy peers on idle CPUs, and keep
 * them from going before all else on one. That takes a CPU besides the one that
 * receives and the one that decrypts: with two in all, a wake-up for each poll
 * costs 5 to 8 % of the throughput and 40 us. More threads than a machine has CPUs
 * to spare add nothing, and each costs 25 KiB and a millisecond: with them, adding
 * 2000 peers took 3 to 7 seconds instead of 0.2.
 */
#define THREADED_PEERS 64
#define FEW_CPUS 2

static int threaded_peers = -1;
module_param(threaded_peers, int, 0644);
MODULE_PARM_DESC(threaded_peers, "Peers of a new interface up to which each is polled by a thread of its own, on kernels whose own module does that; with more, none is; 0 for never (default 64, on machines with one or two CPUs 0)");

static void choose_threads(void)
{
	if (threaded_peers < 0)
		threaded_peers = num_possible_cpus() > FEW_CPUS ?
				 THREADED_PEERS : 0;
}

static void begin_with_threads(struct wgr_device *wgr)
{
	wgr->most_threads = max(READ_ONCE(threaded_peers), 0);
	if (wgr->most_threads)
		wgr_compat_threads_on(wgr->dev);
}

/* Prepares for one peer more. */
static void expect_peer(struct wgr_device *wgr)
{
	lockdep_assert_held(&wgr->lock);

	if (wgr->num_peers < wgr->most_threads)
		return;
	/* Once: whoever turns them on again after that means it. */
	if (wgr->most_threads)
		wgr_compat_threads_off(wgr->dev);
	wgr->most_threads = UINT_MAX;
}

struct wgr_peer *wgr_device_add_peer(struct wgr_device *wgr, const u8 public[WGR_KEY_LEN],
				     const u8 *psk)
{
	expect_peer(wgr);
	return wgr_peer_create(wgr, public, psk);
}

/* ---- what arrives ---- */

static void take_datagram(struct wgr_device *wgr, struct sk_buff *skb)
{
	u32 kind = wgr_rx_strip(skb);

	if (kind == WGR_MSG_DATA) {
		wgr_rx_data(wgr, skb);
	} else if (kind) {
		wgr_handshakes_add(wgr, skb);
	} else {
		DEV_STATS_INC(wgr->dev, rx_errors);
		kfree_skb(skb);
	}
}

/* Called by UDP in softirq context; the packet is ours in any case. */
static int receive(struct sock *sk, struct sk_buff *skb)
{
	struct wgr_socks *socks = rcu_dereference_sk_user_data(sk);

	skb_mark_not_on_list(skb);
	if (likely(socks))
		take_datagram(container_of(socks, struct wgr_device, socks), skb);
	else
		kfree_skb(skb);
	return 0;
}

/* ---- life ---- */

void wgr_device_set_secret(struct wgr_device *wgr, const u8 secret[WGR_KEY_LEN])
{
	struct wgr_peer *peer, *self = NULL;

	lockdep_assert_held(&wgr->lock);

	down_write(&wgr->identity_lock);
	wgr_identity_set(&wgr->identity, secret);
	wgr_cookie_checker_set_key(&wgr->cookies, wgr->identity.set ?
				   wgr->identity.public : NULL);
	list_for_each_entry(peer, &wgr->peers, node) {
		if (wgr->identity.set &&
		    !memcmp(peer->noise.hs.remote_static, wgr->identity.public,
			    WGR_KEY_LEN))
			self = peer;
		wgr_noise_precompute(&peer->noise, &wgr->identity);
		begin_anew(peer);
	}
	up_write(&wgr->identity_lock);
	if (self)
		wgr_peer_remove(self);
	/* What was staged for want of a key can be sent with this one. */
	push_staged(wgr);
}

static void destroy_parts(struct wgr_device *wgr)
{
	wgr_handshakes_destroy(wgr);
	destroy_workqueue(wgr->wq_crypt);
	/* A session's release drops its peer, whose release comes after. */
	rcu_barrier();
	rcu_barrier();
	wgr_pool_destroy(&wgr->pool);
	wgr_ratelimit_free(wgr->ratelimit);
	wgr_session_table_destroy(wgr);
	wgr_peer_table_destroy(wgr);
}

static void free_device(struct net_device *dev)
{
	struct wgr_device *wgr = netdev_priv(dev);
	bool last;

	rtnl_lock();
	list_del(&wgr->node);
	last = list_empty(&devices);
	rtnl_unlock();
	destroy_parts(wgr);
	/* What is on its way holds the module, which is often unloaded now. */
	if (last)
		wgr_run_settle();
	memzero_explicit(&wgr->identity, sizeof(wgr->identity));
	pr_debug("%s: Interface destroyed\n", dev->name);
	free_netdev(dev);
}

static const struct device_type device_type = { .name = "wireguard" };

static void setup_device(struct net_device *dev)
{
	struct wgr_device *wgr = netdev_priv(dev);
	const netdev_features_t features = NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
					   NETIF_F_SG | NETIF_F_GSO |
					   NETIF_F_GSO_SOFTWARE |
					   NETIF_F_HIGHDMA;

	dev->netdev_ops = &device_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->ethtool_ops = &wgr_ethtool_ops;
	dev->sysfs_groups[0] = &wgr_sysfs_group;
	/* Bare IP packets to one of several far ends, with no queue between. */
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->flags = IFF_NOARP | IFF_POINTOPOINT;
	dev->type = ARPHRD_NONE;
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->needed_headroom = WGR_HEADROOM;
	dev->needed_tailroom = WGR_PAD + WGR_TAG_LEN;
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	wgr_compat_set_lltx(dev);
	wgr_compat_tstats_setup(dev);
	dev->mtu = ETH_DATA_LEN - OVERHEAD;
	/* A multiple of the padding, so that what pads never passes it. */
	dev->max_mtu = round_down(INT_MAX, WGR_PAD) - OVERHEAD;
	dev->min_mtu = 0;
	/* Super-packets of any size are cut here, whatever the devices below take. */
	netif_set_tso_max_size(dev, GSO_MAX_SIZE);
	/* Padding goes by the MTU of the inner packet's route. */
	netif_keep_dst(dev);
	SET_NETDEV_DEVTYPE(dev, &device_type);
	memset(wgr, 0, sizeof(*wgr));
	wgr->dev = dev;
	wgr->socks.dev = dev;
	wgr->socks.lock = &wgr->lock;
	wgr->socks.receive = receive;
}

static int init_parts(struct wgr_device *wgr)
{
	int ret;

	ret = wgr_peer_table_init(wgr);
	if (ret)
		return ret;
	ret = wgr_session_table_init(wgr);
	if (ret)
		goto free_peers;
	ret = wgr_handshakes_init(wgr);
	if (ret)
		goto free_sessions;
	ret = -ENOMEM;
	wgr->ratelimit = wgr_ratelimit_new();
	if (!wgr->ratelimit)
		goto free_handshakes;
	wgr->wq_crypt = alloc_workqueue("wgr-crypt-%s", WQ_CPU_INTENSIVE |
					WQ_MEM_RECLAIM | WQ_PERCPU, 0,
					wgr->dev->name);
	if (!wgr->wq_crypt)
		goto free_ratelimit;
	ret = wgr_pool_init(&wgr->pool, wgr->wq_crypt);
	if (ret)
		goto free_wq;
	return 0;

free_wq:
	destroy_workqueue(wgr->wq_crypt);
free_ratelimit:
	wgr_ratelimit_free(wgr->ratelimit);
free_handshakes:
	wgr_handshakes_destroy(wgr);
free_sessions:
	wgr_session_table_destroy(wgr);
free_peers:
	wgr_peer_table_destroy(wgr);
	return ret;
}

static int new_link(struct net_device *dev,
		    struct rtnl_newlink_params *params,
		    struct netlink_ext_ack *extack)
{
	struct wgr_device *wgr = netdev_priv(dev);
	int ret;

	mutex_init(&wgr->lock);
	init_rwsem(&wgr->identity_lock);
	INIT_LIST_HEAD(&wgr->peers);
	wgr_aip_init(&wgr->allowed, &wgr->lock);
	wgr_cookie_checker_init(&wgr->cookies);
	wgr_settings_defaults(&wgr->order);
	rcu_assign_pointer(wgr->socks.birth_net, rtnl_newlink_link_net(params));

	ret = init_parts(wgr);
	if (ret)
		return ret;
	begin_with_threads(wgr);
	ret = register_netdevice(dev);
	if (ret) {
		destroy_parts(wgr);
		return ret;
	}
	list_add(&wgr->node, &devices);
	/* Only from here on: a failed registration calls it, too. */
	dev->priv_destructor = free_device;
	pr_debug("%s: Interface created\n", dev->name);
	return 0;
}

WGR_COMPAT_NEWLINK(new_link);

static struct rtnl_link_ops link_ops __read_mostly = {
	.kind = "wireguard",
	.priv_size = sizeof(struct wgr_device),
	.setup = setup_device,
	.newlink = WGR_COMPAT_NEWLINK_OP(new_link),
};

int wgr_device_setup(void)
{
	int ret;

	choose_threads();
	ret = register_pm_notifier(&pm_notifier);
	if (ret)
		return ret;
	ret = register_random_vmfork_notifier(&vmfork_notifier);
	if (ret)
		goto no_pm;
	ret = register_pernet_device(&net_ops);
	if (ret)
		goto no_vmfork;
	ret = rtnl_link_register(&link_ops);
	if (ret)
		goto no_pernet;
	return 0;

no_pernet:
	unregister_pernet_device(&net_ops);
no_vmfork:
	unregister_random_vmfork_notifier(&vmfork_notifier);
no_pm:
	unregister_pm_notifier(&pm_notifier);
	return ret;
}

void wgr_device_teardown(void)
{
	rtnl_link_unregister(&link_ops);
	unregister_pernet_device(&net_ops);
	unregister_random_vmfork_notifier(&vmfork_notifier);
	unregister_pm_notifier(&pm_notifier);
	/* Releases of sessions and peers run our code. */
	rcu_barrier();
}
