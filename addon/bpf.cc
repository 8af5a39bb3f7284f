// bpf.cc: see bpf.h.
#include "bpf.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ntpd {

int Bpf(int command, bpf_attr& attr) noexcept {
  const long result = syscall(SYS_bpf, command, &attr, sizeof attr);
  return result < 0 ? -errno : static_cast<int>(result);
}

BpfResult LoadBpf(uint32_t type, uint32_t attach_type, const BpfProgram& program) noexcept {
  static const char kLicense[] = "Apache-2.0";
  bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.prog_type = type;
  attr.expected_attach_type = attach_type;
  attr.insns = reinterpret_cast<uint64_t>(program.data());
  attr.insn_cnt = static_cast<uint32_t>(program.size());
  attr.license = reinterpret_cast<uint64_t>(kLicense);
  return {Bpf(BPF_PROG_LOAD, attr), "bpf(PROG_LOAD)"};
}

}  // namespace ntpd
