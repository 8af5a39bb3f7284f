// control_message.h: writes the control messages that go with a packet (sendmsg(2)).
#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ntpd {

/** Appends one behind the `used` octets of `control`, which is aligned as a cmsghdr and has the room. */
template <typename T>
void AppendControl(uint8_t* control, size_t& used, int level, int type, const T& value) {
  auto* part = reinterpret_cast<cmsghdr*>(control + used);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(part), &value, sizeof value);
  used += CMSG_SPACE(sizeof value);
}

}  // namespace ntpd
