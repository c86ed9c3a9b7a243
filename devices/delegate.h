// A bound member function: one pointer to the object, one to a thunk. Cheaper than std::function
// and never allocates, so that wires and timers can be plain members of the chips that own them.
#pragma once

#include <utility>

namespace devices {

template <class Signature>
class Delegate;

template <class Result, class... Args>
class Delegate<Result(Args...)> {
 public:
  Delegate() = default;

  // Delegate<void(bool)>::to<&PicInput::set>(input)
  template <auto Method, class Target>
  static Delegate to(Target& target) {
    Delegate delegate;
    delegate.target_ = &target;
    delegate.thunk_ = [](void* object, Args... args) -> Result {
      return (static_cast<Target*>(object)->*Method)(std::forward<Args>(args)...);
    };
    return delegate;
  }

  explicit operator bool() const { return thunk_ != nullptr; }
  Result operator()(Args... args) const { return thunk_(target_, std::forward<Args>(args)...); }

 private:
  void* target_ = nullptr;
  Result (*thunk_)(void*, Args...) = nullptr;
};

}  // namespace devices
