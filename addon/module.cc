// module.cc: the export table. Each file of the addon registers its functions here; no state lives here.
#include <napi.h>

#include "layout.h"

namespace ntpd {
void ExportLayout(Napi::Env env, Napi::Object exports);
}  // namespace ntpd

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  ntpd::ExportLayout(env, exports);
  return exports;
}

NODE_API_MODULE(ntpd_ts, Init)
