// client_socket.cc: the sockets that our own requests leave by, with the kernel's stamps on both ways.
//
// They are few and slow beside the server's, and belong to the event loop of their thread: all of them hang in one
// epoll descriptor, and libuv polls that one. A nested epoll is readable also when a socket has nothing but its error
// queue to offer (transmit stamps), which libuv reports as an error when it polls such a socket itself.
#include <errno.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <uv.h>

#include <cstring>

#include "args.h"
#include "clock_sample.h"
#include "self_socket.h"
#include "socket_address.h"
#include "sys_error.h"
#include "unique_fd.h"

namespace ntpd {

namespace {

constexpr int kTimestamping = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
                              SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
constexpr int kEventsMax = 64;

// A stamp record: who stamped (StampSource), CLOCK_REALTIME of the stamp, then all clocks as they were read right
// after, so that the stamp can be carried over to any of them.
constexpr uint32_t kStampBy = 0;
constexpr uint32_t kStampSeconds = 1;
constexpr uint32_t kStampNs = 2;
constexpr uint32_t kRecordSample = 3;
constexpr uint32_t kRecordWords = kRecordSample + static_cast<uint32_t>(kSampleWords);
constexpr double kSourceDaemon = 0;
constexpr double kSourceKernel = 1;

void StoreKernelStamp(double* record, const timespec& stamp) {
  record[kStampBy] = kSourceKernel;
  StoreTime(record + kStampSeconds, stamp);
  StoreSample(record + kRecordSample);
}

void StoreDaemonStamp(double* record) {
  StoreSample(record + kRecordSample);
  record[kStampBy] = kSourceDaemon;
  const double* sample = record + kRecordSample;
  record[kStampSeconds] = sample[kRealSeconds];
  record[kStampNs] = sample[kRealNs];
}

/** The kernel's stamp among a message's control data, if there is one. */
bool FindStamp(msghdr& header, timespec& stamp) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPING) continue;
    if (part->cmsg_len < CMSG_LEN(sizeof(timespec))) continue;
    memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
    if (stamp.tv_sec != 0) return true;
  }
  return false;
}

/** The error that an entry of the error queue stands for: 0 for a transmit stamp. */
int FindError(msghdr& header) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    const bool v4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
    const bool v6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    sock_extended_err error;
    if (part->cmsg_len < CMSG_LEN(sizeof error)) continue;
    memcpy(&error, CMSG_DATA(part), sizeof error);
    if (error.ee_origin != SO_EE_ORIGIN_TIMESTAMPING) return static_cast<int>(error.ee_errno);
  }
  return 0;
}

/** The part of the sockets that libuv holds: lives until libuv has let go of it, maybe longer than the rest. */
struct Poller {
  uv_poll_t handle = {};
  Poller** owner;  // cleared when the environment ends before the object does
  Napi::FunctionReference onReady;
  Napi::Env env;
  napi_async_cleanup_hook_handle hook = nullptr;
  bool closing = false;

  Poller(Napi::Env environment, Poller** slot) : owner(slot), env(environment) {}

  void Close() {
    if (closing) return;
    closing = true;
    *owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&handle), [](uv_handle_t* closed) {
      auto* self = static_cast<Poller*>(closed->data);
      if (self->hook != nullptr) napi_remove_async_cleanup_hook(self->hook);
      delete self;
    });
  }
};

class ClientSockets : public Napi::ObjectWrap<ClientSockets> {
 public:
  static void Export(Napi::Env env, Napi::Object exports) {
    exports.Set("ClientSockets", DefineClass(env, "ClientSockets",
                                             {InstanceMethod<&ClientSockets::Open>("open"),
                                              InstanceMethod<&ClientSockets::Send>("send"),
                                              InstanceMethod<&ClientSockets::Receive>("receive"),
                                              InstanceMethod<&ClientSockets::TransmitStamp>("transmitStamp"),
                                              InstanceMethod<&ClientSockets::CloseOne>("close"),
                                              InstanceMethod<&ClientSockets::Dispose>("dispose")}));
  }

  /** new ClientSockets(onReady): onReady(fd) is called while a socket has something to read or report. */
  explicit ClientSockets(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ClientSockets>(info) {
    Napi::Env env = info.Env();
    if (info.Length() < 1 || !info[0].IsFunction()) {
      ThrowType(env, "ClientSockets", "a function");
      return;
    }
    epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
    // Stamping of received packets is switched on for the whole machine by the first socket that asks for it, and a
    // moment later: this one asks early and stays.
    keepStamping_.Reset(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!epoll_.valid() || !keepStamping_.valid()) {
      ThrowErrno(env, "epoll_create1", errno);
      return;
    }
    SetInt(keepStamping_.get(), SOL_SOCKET, SO_TIMESTAMPING, kTimestamping);
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    auto* poller = new Poller(env, &poller_);
    if (uv_poll_init(loop, &poller->handle, epoll_.get()) != 0) {
      delete poller;
      ThrowErrno(env, "uv_poll_init", EBADF);
      return;
    }
    poller->handle.data = poller;
    poller->onReady = Napi::Persistent(info[0].As<Napi::Function>());
    napi_add_async_cleanup_hook(
        env, [](napi_async_cleanup_hook_handle, void* data) { static_cast<Poller*>(data)->Close(); }, poller,
        &poller->hook);
    uv_poll_start(&poller->handle, UV_READABLE, OnReadable);
    uv_unref(reinterpret_cast<uv_handle_t*>(&poller->handle));
    epollFd_ = epoll_.get();
    poller_ = poller;
  }

  ~ClientSockets() override {
    if (poller_ != nullptr) poller_->Close();
  }

 private:
  static void OnReadable(uv_poll_t* handle, int status, int) {
    auto* poller = static_cast<Poller*>(handle->data);
    int epoll = -1;
    uv_fileno(reinterpret_cast<uv_handle_t*>(handle), &epoll);
    if (status < 0 || poller->closing) return;
    epoll_event events[kEventsMax];
    const int count = epoll_wait(epoll, events, kEventsMax, 0);
    Napi::Env env = poller->env;
    Napi::HandleScope scope(env);
    for (int i = 0; i < count && !poller->closing; i++) {
      poller->onReady.MakeCallback(env.Global(), {Napi::Number::New(env, events[i].data.fd)});
      if (env.IsExceptionPending()) {
        napi_value error;
        napi_get_and_clear_last_exception(env, &error);
        napi_fatal_exception(env, error);
      }
    }
  }

  /**
   * open(options) -> fd. A socket on a fresh random port, connected to one server, so that the kernel drops what comes
   * from anyone else. options: address (literal), port, interface, bindAddress, dscp.
   */
  Napi::Value Open(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Object options = info[0].As<Napi::Object>();
    const std::string text = StringOption(options, "address");
    const std::string interface = StringOption(options, "interface");
    const std::string bindText = StringOption(options, "bindAddress");
    const int64_t port = IntegerOption(options, "port", 0);
    const int dscp = static_cast<int>(IntegerOption(options, "dscp", 0));
    if (env.IsExceptionPending()) return env.Undefined();

    const uint32_t scope = interface.empty() ? 0 : if_nametoindex(interface.c_str());
    if (!interface.empty() && scope == 0) return ThrowErrno(env, "if_nametoindex", ENODEV);
    Address server;
    Address local;
    if (port < 1 || port > 65'535 || !ParseAddress(text, static_cast<uint16_t>(port), scope, server) ||
        (!bindText.empty() && !ParseAddress(bindText, 0, scope, local))) {
      ThrowType(env, "address", "an IP address and a port");
      return env.Undefined();
    }

    UniqueFd fd(socket(server.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid()) return ThrowErrno(env, "socket", errno);
    const bool v6 = server.family == AF_INET6;
    if (!interface.empty() &&
        setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(), interface.size() + 1) != 0) {
      return ThrowErrno(env, "setsockopt SO_BINDTODEVICE", errno);
    }
    if (dscp > 0) SetInt(fd.get(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, dscp << 2);
    SetInt(fd.get(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1);
    if (!SetInt(fd.get(), SOL_SOCKET, SO_TIMESTAMPING, kTimestamping)) {
      return ThrowErrno(env, "setsockopt SO_TIMESTAMPING", errno);
    }
    if (!bindText.empty() && bind(fd.get(), reinterpret_cast<sockaddr*>(&local.storage), local.length) != 0) {
      return ThrowErrno(env, "bind", errno);
    }
    if (connect(fd.get(), reinterpret_cast<sockaddr*>(&server.storage), server.length) != 0) {
      return ThrowErrno(env, "connect", errno);
    }
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = fd.get();
    if (epoll_ctl(epollFd_, EPOLL_CTL_ADD, fd.get(), &event) != 0) return ThrowErrno(env, "epoll_ctl", errno);
    return Napi::Number::New(env, fd.Release());
  }

  /** send(fd, octets, record): sends; the record gets the daemon's stamp from just before. Returns octets or -errno. */
  Napi::Value Send(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Uint8Array octets = info[1].As<Napi::Uint8Array>();
    double* record = Record(info[2]);
    if (record == nullptr) return env.Undefined();
    const int fd = info[0].As<Napi::Number>().Int32Value();
    int family = AF_INET;
    socklen_t length = sizeof family;
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length);
    // Requests are rare, and the kernel does much between taking the transmit stamp and letting the packet go: with cold
    // caches two microseconds, by which the stamp is early. A datagram to ourselves warms the way.
    SelfSocket& self = family == AF_INET6 ? selfV6_ : selfV4_;
    const bool warmed = self.Ask();
    StoreDaemonStamp(record);
    const ssize_t sent = send(fd, octets.Data(), octets.ByteLength(), 0);
    const int error = errno;
    if (warmed) self.Drain();
    return Napi::Number::New(env, static_cast<double>(sent < 0 ? -error : sent));
  }

  /**
   * receive(fd, octets, record): reads one datagram, with the kernel's stamp where there is one. Returns its length
   * (what does not fit is cut off), 0 when there is none, -errno otherwise.
   */
  Napi::Value Receive(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Uint8Array octets = info[1].As<Napi::Uint8Array>();
    double* record = Record(info[2]);
    if (record == nullptr) return env.Undefined();
    iovec data = {octets.Data(), octets.ByteLength()};
    return Napi::Number::New(env, ReceiveMessage(info[0].As<Napi::Number>().Int32Value(), data, 0, record));
  }

  /**
   * transmitStamp(fd, record): the kernel's stamp of the last request, if it has come. Returns 1 with a stamp, 0 when
   * there is none, -errno when the network refused the request (ICMP).
   */
  Napi::Value TransmitStamp(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    double* record = Record(info[1]);
    if (record == nullptr) return env.Undefined();
    uint8_t returned[64];
    iovec data = {returned, sizeof returned};
    const int length = ReceiveMessage(info[0].As<Napi::Number>().Int32Value(), data, MSG_ERRQUEUE, record);
    return Napi::Number::New(env, length);
  }

  /** recvmsg of a datagram (its length) or an entry of the error queue (1); 0 when there is none, else -errno. */
  static int ReceiveMessage(int fd, iovec& data, int flags, double* record) {
    alignas(cmsghdr) uint8_t control[512];
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    ssize_t length;
    do {
      length = recvmsg(fd, &header, flags);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return errno == EAGAIN ? 0 : -errno;
    timespec stamp;
    const bool stamped = FindStamp(header, stamp);
    if (flags & MSG_ERRQUEUE) {
      const int error = FindError(header);
      if (error != 0 || !stamped) return error == 0 ? -EPROTO : -error;
      length = 1;
    }
    if (stamped) {
      StoreKernelStamp(record, stamp);
    } else {
      StoreDaemonStamp(record);
    }
    return static_cast<int>(length);
  }

  Napi::Value CloseOne(const Napi::CallbackInfo& info) {
    UniqueFd closing(info[0].As<Napi::Number>().Int32Value());  // leaves the epoll set by being closed
    return info.Env().Undefined();
  }

  /** dispose(): stops the callbacks. Sockets still open stay the caller's to close. */
  Napi::Value Dispose(const Napi::CallbackInfo& info) {
    if (poller_ != nullptr) poller_->Close();
    selfV4_.Close();
    selfV6_.Close();
    return info.Env().Undefined();
  }

  static double* Record(Napi::Value value) {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(value.Env(), value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
        type != napi_float64_array || length < kRecordWords) {
      ThrowType(value.Env(), "record", "a Float64Array of a stamp record's length");
      return nullptr;
    }
    return static_cast<double*>(data);
  }

  UniqueFd epoll_;
  UniqueFd keepStamping_;
  SelfSocket selfV4_{AF_INET};
  SelfSocket selfV6_{AF_INET6};
  int epollFd_ = -1;
  Poller* poller_ = nullptr;
};

}  // namespace

void ExportClientSocket(Napi::Env env, Napi::Object exports) { ClientSockets::Export(env, exports); }

}  // namespace ntpd
