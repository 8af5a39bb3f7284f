// module.cc: the export table. Each file of the addon registers its functions here; no state lives here.
#include <napi.h>

#include "layout.h"

namespace ntpd {
void ExportClockSample(Napi::Env env, Napi::Object exports);
void ExportClientSocket(Napi::Env env, Napi::Object exports);
void ExportClockAdjust(Napi::Env env, Napi::Object exports);
void ExportServiceNotify(Napi::Env env, Napi::Object exports);
void ExportHardwareClock(Napi::Env env, Napi::Object exports);
void ExportKeyRing(Napi::Env env, Napi::Object exports);
void ExportLayout(Napi::Env env, Napi::Object exports);
void ExportLoadEngine(Napi::Env env, Napi::Object exports);
void ExportLoadResponder(Napi::Env env, Napi::Object exports);
void ExportLoadSink(Napi::Env env, Napi::Object exports);
void ExportMemoryLock(Napi::Env env, Napi::Object exports);
void ExportMallocTuning(Napi::Env env, Napi::Object exports);
void ExportPacketPath(Napi::Env env, Napi::Object exports);
void ExportReadClocks(Napi::Env env, Napi::Object exports);
void ExportSmear(Napi::Env env, Napi::Object exports);
void ExportSocketOpen(Napi::Env env, Napi::Object exports);
void ExportStandingFilter(Napi::Env env, Napi::Object exports);
void ExportSteering(Napi::Env env, Napi::Object exports);
void ExportThreadTuning(Napi::Env env, Napi::Object exports);
void ExportWakeEvent(Napi::Env env, Napi::Object exports);
}  // namespace ntpd

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  ntpd::ExportClockSample(env, exports);
  ntpd::ExportClientSocket(env, exports);
  ntpd::ExportClockAdjust(env, exports);
  ntpd::ExportServiceNotify(env, exports);
  ntpd::ExportHardwareClock(env, exports);
  ntpd::ExportKeyRing(env, exports);
  ntpd::ExportLayout(env, exports);
  ntpd::ExportLoadEngine(env, exports);
  ntpd::ExportLoadResponder(env, exports);
  ntpd::ExportLoadSink(env, exports);
  ntpd::ExportMemoryLock(env, exports);
  ntpd::ExportMallocTuning(env, exports);
  ntpd::ExportPacketPath(env, exports);
  ntpd::ExportReadClocks(env, exports);
  ntpd::ExportSmear(env, exports);
  ntpd::ExportSocketOpen(env, exports);
  ntpd::ExportStandingFilter(env, exports);
  ntpd::ExportSteering(env, exports);
  ntpd::ExportThreadTuning(env, exports);
  ntpd::ExportWakeEvent(env, exports);
  return exports;
}

NODE_API_MODULE(ntpd_ts, Init)
