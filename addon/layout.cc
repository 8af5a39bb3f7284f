// layout.cc: tells TypeScript the layout this binary was built with, so that a stale binary is refused at load.
#include "layout.h"

#include <napi.h>

namespace ntpd {

void ExportLayout(Napi::Env env, Napi::Object exports) {
  Napi::Object layout = Napi::Object::New(env);
  layout.Set("version", kLayoutVersion);
  layout.Set("slotWords", static_cast<uint32_t>(kSlotWords));
  layout.Set("pageWords", static_cast<uint32_t>(kPageWords));
  exports.Set("layout", layout);
}

}  // namespace ntpd
