// args.h: reads options objects at set-up. A wrong type is a bug of the caller and throws a TypeError.
#pragma once
#include <napi.h>

#include <string>

namespace ntpd {

inline void ThrowType(Napi::Env env, const char* key, const char* expected) {
  if (env.IsExceptionPending()) return;
  Napi::TypeError::New(env, std::string(key) + ": expected " + expected).ThrowAsJavaScriptException();
}

/** An integer option; `fallback` where it is undefined. */
inline int64_t IntegerOption(Napi::Object options, const char* key, int64_t fallback) {
  Napi::Value value = options.Get(key);
  if (value.IsEmpty() || value.IsUndefined()) return fallback;
  if (!value.IsNumber()) {
    ThrowType(options.Env(), key, "a number");
    return fallback;
  }
  return value.As<Napi::Number>().Int64Value();
}

inline bool BooleanOption(Napi::Object options, const char* key, bool fallback) {
  Napi::Value value = options.Get(key);
  if (value.IsEmpty() || value.IsUndefined()) return fallback;
  if (!value.IsBoolean()) {
    ThrowType(options.Env(), key, "a boolean");
    return fallback;
  }
  return value.As<Napi::Boolean>().Value();
}

inline std::string StringOption(Napi::Object options, const char* key) {
  Napi::Value value = options.Get(key);
  if (value.IsEmpty() || value.IsUndefined()) return {};
  if (!value.IsString()) {
    ThrowType(options.Env(), key, "a string");
    return {};
  }
  return value.As<Napi::String>().Utf8Value();
}

/**
 * Memory shared with JavaScript: resolved once, kept alive by the reference for as long as this object lives.
 * The view must lie over an ArrayBuffer or SharedArrayBuffer of its own (small arrays made by length may move).
 */
template <typename Word>
class SharedView {
 public:
  bool Attach(Napi::Env env, Napi::Value value, size_t wordsMin, const char* name) {
    if (env.IsExceptionPending()) return false;
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
        type != kType || length < wordsMin || (length > 0 && data == nullptr)) {
      ThrowType(env, name, "a typed array of the right kind and length");
      return false;
    }
    data_ = static_cast<Word*>(data);
    length_ = length;
    reference_ = Napi::Reference<Napi::Value>::New(value, 1);
    return true;
  }
  Word* data() const { return data_; }
  size_t length() const { return length_; }

 private:
  static constexpr napi_typedarray_type kType = sizeof(Word) == 1   ? napi_uint8_array
                                                : sizeof(Word) == 4 ? napi_int32_array
                                                                    : napi_float64_array;
  Word* data_ = nullptr;
  size_t length_ = 0;
  Napi::Reference<Napi::Value> reference_;
};

}  // namespace ntpd
