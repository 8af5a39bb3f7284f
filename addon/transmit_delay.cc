// transmit_delay.cc: medians per class and place; see the header.
#include "transmit_delay.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "layout.h"

namespace ntpd {

namespace {
constexpr int64_t kDelayNsSane = 1'000'000'000;
bool Sane(int64_t ns) { return std::abs(ns) <= kDelayNsSane; }
}  // namespace

uint32_t TransmitDelay::Find(const DelayClass& wanted, int64_t nowMonoNs) {
  if (rows_[last_].used && rows_[last_].of == wanted) {
    rows_[last_].usedMonoNs = nowMonoNs;
    return last_;
  }
  uint32_t oldest = 0;
  for (uint32_t i = 0; i < kClasses; i++) {
    if (rows_[i].used && rows_[i].of == wanted) {
      rows_[i].usedMonoNs = nowMonoNs;
      return last_ = i;
    }
    if (!rows_[i].used) {
      if (rows_[oldest].used) oldest = i;
    } else if (rows_[oldest].used && rows_[i].usedMonoNs < rows_[oldest].usedMonoNs) {
      oldest = i;
    }
  }
  rows_[oldest] = Row();
  rows_[oldest].of = wanted;
  rows_[oldest].used = true;
  rows_[oldest].usedMonoNs = nowMonoNs;
  return last_ = oldest;
}

bool TransmitDelay::Knows(uint32_t row, uint32_t place, bool asks, int64_t nowMonoNs) const {
  const PlaceDelays& delays = rows_[row].places[place];
  if (asks) return delays.asked.Known(nowMonoNs);
  return delays.plainCall.Known(nowMonoNs) && delays.rest.Known(nowMonoNs);
}

/** The delay of a place that is known. */
int32_t TransmitDelay::PlaceNs(const Row& row, uint32_t place, bool asks) const {
  const PlaceDelays& delays = row.places[place];
  if (asks) return delays.asked.ns();
  return std::min(delays.plainCall.ns() - delays.rest.ns(), delays.asked.ns());
}

int32_t TransmitDelay::DelayNs(uint32_t row, uint32_t place, bool asks, int64_t nowMonoNs) const {
  const uint32_t lowest = std::min(place, kPlaceChunk);
  for (uint32_t i = place + 1; i-- > lowest;) {
    if (Knows(row, i, asks, nowMonoNs)) return std::clamp(PlaceNs(rows_[row], i, asks), 0, kDelayNsMax);
  }
  return 0;
}

uint32_t TransmitDelay::KnownFrom(uint32_t row, uint32_t place, uint32_t count, bool plain, int64_t nowMonoNs) const {
  uint32_t known = 0;
  while (known < count && Knows(row, place + known, true, nowMonoNs) &&
         (!plain || Knows(row, place + known, false, nowMonoNs))) {
    known++;
  }
  if (known > 0) return known;
  for (const PlaceDelays& any : rows_[row].places) {
    if (any.asked.count() > 0 && nowMonoNs - any.asked.lastMonoNs() < DelayMedian::kForgetNs) return 0;
  }
  return count;
}

void TransmitDelay::LearnAsked(uint32_t row, uint32_t place, int64_t delayNs, int64_t restNs, int64_t nowMonoNs) {
  if (delayNs < 0 || !Sane(delayNs) || !Sane(restNs)) return;
  PlaceDelays& delays = rows_[row].places[place];
  delays.asked.Learn(static_cast<int32_t>(delayNs), nowMonoNs);
  delays.rest.Learn(static_cast<int32_t>(restNs), nowMonoNs);
}

void TransmitDelay::LearnPlain(uint32_t row, uint32_t place, int64_t callNs, int64_t nowMonoNs) {
  if (callNs >= 0 && Sane(callNs)) rows_[row].places[place].plainCall.Learn(static_cast<int32_t>(callNs), nowMonoNs);
}

bool TransmitDelay::Wants(uint32_t row, uint32_t place, bool asks, int64_t nowMonoNs) const {
  const PlaceDelays& delays = rows_[row].places[place];
  return (asks ? delays.asked : delays.plainCall).Wants(nowMonoNs);
}

/** How far the delays of a place that is known for such replies scatter. */
int32_t TransmitDelay::PlaceSpreadNs(const PlaceDelays& place, bool asks) {
  if (asks) return place.asked.spreadNs();
  // The call scatters by its two parts; how far what follows the departure does is known.
  const double call = place.plainCall.spreadNs();
  const double after = place.rest.spreadNs();
  return call > after ? static_cast<int32_t>(std::sqrt(call * call - after * after)) : 0;
}

int32_t TransmitDelay::SpreadNs(bool chunks, int64_t nowMonoNs) const {
  const uint32_t begin = chunks ? kPlaceChunk : 0;
  const uint32_t end = chunks ? kDelayPlaces : kPlaceChunk;
  int32_t spread = 0;
  for (uint32_t row = 0; row < kClasses; row++) {
    for (uint32_t place = begin; place < end && rows_[row].used; place++) {
      for (const bool asks : {true, false}) {
        if (!Knows(row, place, asks, nowMonoNs)) continue;
        spread = std::max(spread, PlaceSpreadNs(rows_[row].places[place], asks));
      }
    }
  }
  return spread;
}

}  // namespace ntpd
