// layout.cc: tells TypeScript the layout this binary was built with, so that a stale binary is refused at load.
#include "layout.h"

#include <napi.h>

namespace ntpd {

namespace {

struct NamedWord {
  const char* name;
  uint32_t word;
};

Napi::Object Group(Napi::Env env, std::initializer_list<NamedWord> words) {
  Napi::Object group = Napi::Object::New(env);
  for (const NamedWord& word : words) group.Set(word.name, word.word);
  return group;
}

}  // namespace

// The keys are the names of the TypeScript constants, each group being one module.
void ExportLayout(Napi::Env env, Napi::Object exports) {
  Napi::Object layout = Napi::Object::New(env);
  layout.Set("version", kLayoutVersion);
  layout.Set("slot", Group(env, {{"SLOT_START", kSlotStart},
                                 {"SLOT_LENGTH", kSlotLength},
                                 {"SLOT_RX_SECONDS", kSlotRxSeconds},
                                 {"SLOT_RX_FRACTION", kSlotRxFraction},
                                 {"SLOT_RX_SOURCE", kSlotRxSource},
                                 {"SLOT_ADDRESS", kSlotAddress},
                                 {"SLOT_PORT", kSlotPort},
                                 {"SLOT_LISTENER", kSlotListener},
                                 {"SLOT_REPLY_LENGTH", kSlotReplyLength},
                                 {"SLOT_REPLY_FLAGS", kSlotReplyFlags},
                                 {"SLOT_SEAL_KEY", kSlotSealKey},
                                 {"SLOT_TX_SECONDS", kSlotTxSeconds},
                                 {"SLOT_TX_FRACTION", kSlotTxFraction},
                                 {"SLOT_AGE_US", kSlotAgeUs},
                                 {"SLOT_FLAGS", kSlotFlags},
                                 {"SLOT_TX_COOKIE", kSlotTxCookie},
                                 {"SLOT_INTERFACE", kSlotInterface},
                                 {"SLOT_WORDS", kSlotWords},
                                 {"STAMP_DAEMON", kStampDaemon},
                                 {"STAMP_KERNEL", kStampKernel},
                                 {"STAMP_HARDWARE", kStampHardware},
                                 {"REPLY_REPORT_TX", kReplyReportTx},
                                 {"REPLY_XMT_GIVEN", kReplyXmtGiven},
                                 {"REPLY_SEAL_MAC", kReplySealMac},
                                 {"REPLY_SEAL_NTS", kReplySealNts},
                                 {"SLOT_TRUNCATED", kSlotTruncated},
                                 {"SLOT_EPOCH_CHANGED", kSlotEpochChanged},
                                 {"SLOT_FROM_SELF", kSlotFromSelf},
                                 {"TX_REPORT_COOKIE", kTxReportCookie},
                                 {"TX_REPORT_SECONDS", kTxReportSeconds},
                                 {"TX_REPORT_FRACTION", kTxReportFraction},
                                 {"TX_REPORT_SOURCE", kTxReportSource},
                                 {"TX_REPORT_WORDS", kTxReportWords}}));
  layout.Set("page", Group(env, {{"PAGE_SEQUENCE", kPageSequence},
                                 {"PAGE_LEAP", kPageLeap},
                                 {"PAGE_STRATUM", kPageStratum},
                                 {"PAGE_PRECISION", kPagePrecision},
                                 {"PAGE_REFID", kPageRefid},
                                 {"PAGE_REFTIME_SECONDS", kPageReftimeSeconds},
                                 {"PAGE_REFTIME_FRACTION", kPageReftimeFraction},
                                 {"PAGE_ROOT_DELAY", kPageRootDelay},
                                 {"PAGE_ROOT_DISPERSION", kPageRootDispersion},
                                 {"PAGE_DISPERSION_RATE", kPageDispersionRate},
                                 {"PAGE_ANCHOR_MONO_NS", kPageAnchorMonoNs},
                                 {"PAGE_ANCHOR_SECONDS", kPageAnchorSeconds},
                                 {"PAGE_ANCHOR_FRACTION", kPageAnchorFraction},
                                 {"PAGE_RATE", kPageRate},
                                 {"PAGE_MAPPING_NS", kPageMappingNs},
                                 {"PAGE_EPOCH", kPageEpoch},
                                 {"PAGE_PUBLISHED_MONO_NS", kPagePublishedMonoNs},
                                 {"PAGE_GENERATION", kPageGeneration},
                                 {"PAGE_LEAP_EVENT_SECONDS", kPageLeapEventSeconds},
                                 {"PAGE_LEAP_SIGN", kPageLeapSign},
                                 {"PAGE_SLEW_EPOCH", kPageSlewEpoch},
                                 {"PAGE_SMEAR_EVENT_SECONDS", kPageSmearEventSeconds},
                                 {"PAGE_SMEAR_SIGN", kPageSmearSign},
                                 {"PAGE_SMEAR_APPLIED", kPageSmearApplied},
                                 {"PAGE_SMEAR_LATE", kPageSmearLate},
                                 {"PAGE_WORDS", kPageWords},
                                 {"COPY_STATE", kCopyState},
                                 {"COPY_AGE_MS", kCopyAgeMs},
                                 {"COPY_SINCE_ANCHOR", kCopySinceAnchor},
                                 {"COPY_NOW_SECONDS", kCopyNowSeconds},
                                 {"COPY_NOW_FRACTION", kCopyNowFraction},
                                 {"COPY_PRECISION_FLOOR", kCopyPrecisionFloor},
                                 {"COPY_TX_REPORTS", kCopyTxReports},
                                 {"COPY_MONO_SECONDS", kCopyMonoSeconds},
                                 {"COPY_MONO_NANOSECONDS", kCopyMonoNanoseconds},
                                 {"COPY_WORDS", kCopyWords},
                                 {"COPY_FRESH", kCopyFresh},
                                 {"COPY_KEPT", kCopyKept},
                                 {"COPY_NEVER", kCopyNever}}));
  layout.Set("phc", Group(env, {{"PHC_SEQUENCE", kPhcSequence},
                                {"PHC_COUNT", kPhcCount},
                                {"PHC_FIRST_LINE", kPhcFirstLine},
                                {"PHC_LINES", kPhcLines},
                                {"PHC_LINE_INTERFACE", kPhcLineInterface},
                                {"PHC_LINE_ANCHOR_CARD_NS", kPhcLineAnchorCardNs},
                                {"PHC_LINE_ANCHOR_MONO_NS", kPhcLineAnchorMonoNs},
                                {"PHC_LINE_RATE", kPhcLineRate},
                                {"PHC_LINE_VALID_MONO_NS", kPhcLineValidMonoNs},
                                {"PHC_LINE_NS_PER_OCTET", kPhcLineNsPerOctet},
                                {"PHC_LINE_WORDS", kPhcLineWords},
                                {"PHC_PAGE_WORDS", kPhcPageWords}}));
  layout.Set("counters", Group(env, {{"COUNTER_HEARTBEAT", kCounterHeartbeat},
                                     {"COUNTER_RECEIVED", kCounterReceived},
                                     {"COUNTER_SENT", kCounterSent},
                                     {"COUNTER_KERNEL_DROPS", kCounterKernelDrops},
                                     {"COUNTER_SEND_NO_BUFFER", kCounterSendNoBuffer},
                                     {"COUNTER_SEND_WOULD_BLOCK", kCounterSendWouldBlock},
                                     {"COUNTER_SEND_REFUSED", kCounterSendRefused},
                                     {"COUNTER_TX_STAMPS", kCounterTxStamps},
                                     {"COUNTER_TX_STAMPS_LOST", kCounterTxStampsLost},
                                     {"COUNTER_PAGE_FAILURES", kCounterPageFailures},
                                     {"COUNTER_UNSTAMPED", kCounterUnstamped},
                                     {"COUNTER_STEPPED", kCounterStepped},
                                     {"COUNTER_RECEIVE_ERRORS", kCounterReceiveErrors},
                                     {"COUNTER_SHED", kCounterShed},
                                     {"COUNTER_TX_REPORTS", kCounterTxReports},
                                     {"NATIVE_COUNTERS", kNativeCounters}}));
  layout.Set("standing", Group(env, {{"STANDING_ROW_WORDS", kStandingRowWords},
                                     {"STANDING_WAYS", kStandingWays},
                                     {"STANDING_QUIET_UNITS_MAX", kStandingQuietUnitsMax},
                                     {"STANDING_SHARE", kStandingShare},
                                     {"STANDING_NOW", kStandingNow},
                                     {"STANDING_ADMIT_BEFORE", kStandingAdmitBefore},
                                     {"STANDING_SHED", kStandingShed},
                                     {"STANDING_ADMITTED", kStandingAdmitted}}));
  exports.Set("layout", layout);
}

}  // namespace ntpd
