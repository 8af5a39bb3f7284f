// hardware_clock.cc: the ioctls of network cards' stamps and clocks. Octets go through as the kernel has them;
// src/core/server/hardware-stamps.ts and phc-reading.ts know what they mean.
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "args.h"
#include "hardware_map.h"
#include "sys_error.h"
#include "unique_fd.h"

namespace ntpd {

namespace {

static_assert(sizeof(ethtool_ts_info) == 44 && sizeof(hwtstamp_config) == 12);
static_assert(sizeof(ptp_sys_offset_extended) == 1216);

bool InterfaceRequest(Napi::Env env, Napi::Value name, ifreq& request) {
  const std::string text = name.IsString() ? name.As<Napi::String>().Utf8Value() : std::string();
  if (text.empty() || text.size() >= IFNAMSIZ) {
    ThrowErrno(env, "interface", ENODEV);
    return false;
  }
  std::memcpy(request.ifr_name, text.c_str(), text.size() + 1);
  return true;
}

/** timestampInfo(interface, out): what the card can stamp (ETHTOOL_GET_TS_INFO), 44 octets into a Uint8Array. */
Napi::Value TimestampInfo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<uint8_t> out;
  ifreq request = {};
  if (!InterfaceRequest(env, info[0], request) || !out.Attach(env, info[1], sizeof(ethtool_ts_info), "out")) {
    return env.Undefined();
  }
  ethtool_ts_info stamps = {};
  stamps.cmd = ETHTOOL_GET_TS_INFO;
  request.ifr_data = reinterpret_cast<char*>(&stamps);
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ThrowErrno(env, "socket", errno);
  if (ioctl(fd.get(), SIOCETHTOOL, &request) != 0) return ThrowErrno(env, "ioctl ETHTOOL_GET_TS_INFO", errno);
  std::memcpy(out.data(), &stamps, sizeof stamps);
  return env.Undefined();
}

/**
 * setHardwareStamps(interface, config): SIOCSHWTSTAMP with the 12 octets of hwtstamp_config in a Uint8Array, which
 * afterwards holds what the driver made of it.
 */
Napi::Value SetHardwareStamps(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<uint8_t> octets;
  ifreq request = {};
  if (!InterfaceRequest(env, info[0], request) || !octets.Attach(env, info[1], sizeof(hwtstamp_config), "config")) {
    return env.Undefined();
  }
  hwtstamp_config config;
  std::memcpy(&config, octets.data(), sizeof config);
  request.ifr_data = reinterpret_cast<char*>(&config);
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ThrowErrno(env, "socket", errno);
  if (ioctl(fd.get(), SIOCSHWTSTAMP, &request) != 0) return ThrowErrno(env, "ioctl SIOCSHWTSTAMP", errno);
  std::memcpy(octets.data(), &config, sizeof config);
  return env.Undefined();
}

/** openHardwareClock(index) -> descriptor of /dev/ptpN. */
Napi::Value OpenHardwareClock(const Napi::CallbackInfo& info) {
  const std::string path = "/dev/ptp" + std::to_string(info[0].As<Napi::Number>().Uint32Value());
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) return ThrowErrno(info.Env(), ("open " + path).c_str(), errno);
  return Napi::Number::New(info.Env(), fd.Release());
}

/**
 * readHardwareClock(fd, out): PTP_SYS_OFFSET_EXTENDED; `out` is a Uint8Array of 1216 octets whose first word says how
 * many readings to take. False where the driver cannot.
 */
Napi::Value ReadHardwareClock(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<uint8_t> out;
  if (!out.Attach(env, info[1], sizeof(ptp_sys_offset_extended), "out")) return env.Undefined();
  ptp_sys_offset_extended offsets;
  std::memcpy(&offsets, out.data(), sizeof offsets);
  if (ioctl(info[0].As<Napi::Number>().Int32Value(), PTP_SYS_OFFSET_EXTENDED, &offsets) != 0) {
    return Napi::Boolean::New(env, false);
  }
  std::memcpy(out.data(), &offsets, sizeof offsets);
  return Napi::Boolean::New(env, true);
}

/**
 * mapCardStamp(page, transmit, interface, cardNs, kernelMonoNs, octets) -> nanoseconds of CLOCK_MONOTONIC, or null
 * where the packet path would go by the kernel's stamp. What the packet path does, for tests to see; times are BigInts.
 */
Napi::Value MapCardStamp(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedView<int32_t> page;
  if (!page.Attach(env, info[0], kPhcPageWords, "page")) return env.Undefined();
  HardwareMap map;
  map.Take(page.data());
  bool lossless;
  const uint32_t interface = info[2].As<Napi::Number>().Uint32Value();
  const int64_t cardNs = info[3].As<Napi::BigInt>().Int64Value(&lossless);
  const int64_t kernelMonoNs = info[4].As<Napi::BigInt>().Int64Value(&lossless);
  int64_t monoNs = 0;
  const bool mapped =
      info[1].As<Napi::Boolean>().Value()
          ? map.TransmitMonoNs(interface, cardNs, kernelMonoNs, monoNs)
          : map.ReceiveMonoNs(interface, cardNs, kernelMonoNs, info[5].As<Napi::Number>().Uint32Value(), monoNs);
  if (!mapped) return env.Null();
  return Napi::BigInt::New(env, monoNs);
}

}  // namespace

void ExportHardwareClock(Napi::Env env, Napi::Object exports) {
  exports.Set("timestampInfo", Napi::Function::New<TimestampInfo>(env, "timestampInfo"));
  exports.Set("setHardwareStamps", Napi::Function::New<SetHardwareStamps>(env, "setHardwareStamps"));
  exports.Set("openHardwareClock", Napi::Function::New<OpenHardwareClock>(env, "openHardwareClock"));
  exports.Set("mapCardStamp", Napi::Function::New<MapCardStamp>(env, "mapCardStamp"));
  exports.Set("readHardwareClock", Napi::Function::New<ReadHardwareClock>(env, "readHardwareClock"));
}

}  // namespace ntpd
