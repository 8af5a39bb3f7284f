// load_bpf.h: the BPF programs of the generator. A program is attached through a link, which the kernel undoes when the
// process ends, however it ends.
#pragma once
#include <cstdint>

#include "bpf.h"

namespace ntpd {

// Drops at tc ingress what comes from UDP port `target_port` to the client network, before the host's stack sees
// it; packet sockets have had their copy by then. `network` is 4 or 16 octets.
BpfResult AttachReplyDrop(int interface_index, bool ipv6, const uint8_t* network, uint32_t prefix_bits,
                          uint16_t target_port) noexcept;

enum class XdpSink { kDrop, kReflect, kRedirect, kPass };

// Loads an XDP program. kReflect answers NTP requests with XDP_TX; kRedirect hands frames to the socket map.
BpfResult LoadXdp(XdpSink sink, int socket_map) noexcept;
BpfResult AttachXdp(int program, int interface_index) noexcept;
// A map for one AF_XDP socket on queue 0.
BpfResult CreateSocketMap() noexcept;
int SetSocketMap(int map, int socket) noexcept;

}  // namespace ntpd
