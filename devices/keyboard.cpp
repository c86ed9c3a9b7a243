#include "devices/keyboard.h"

#include <algorithm>
#include <cstddef>

namespace devices {

namespace {

constexpr std::size_t kBufferSize = 16;  // [PS2-KBD] "Keyboard buffer"
constexpr Nanoseconds kSelfTestTime = 600 * kMicrosecond;
constexpr std::uint8_t kDefaultTypematic = 0x2B;  // 500 ms, 10.9 a second

constexpr std::uint8_t kAck = 0xFA;
constexpr std::uint8_t kResend = 0xFE;
constexpr std::uint8_t kSelfTestPassed = 0xAA;
constexpr std::uint8_t kEcho = 0xEE;
constexpr std::uint8_t kFirstCommand = 0xED;
constexpr std::uint8_t kBreak = 0xF0;
constexpr std::uint8_t kExtended = 0xE0;
constexpr std::uint8_t kLeftShiftCode = 0x12;
constexpr std::uint8_t kRightShiftCode = 0x59;
constexpr std::uint8_t kNumLockLed = 0x02;

// A key's bytes in set 2, at most: two false shifts, E0h, F0h and the code.
class Sequence {
 public:
  Sequence& add(std::uint8_t value) {
    if (size_ < bytes_.size()) bytes_[size_++] = value;
    return *this;
  }
  Sequence& add_code(bool extended, bool release, std::uint8_t code) {
    if (extended) add(kExtended);
    if (release) add(kBreak);
    return add(code);
  }
  std::span<const std::uint8_t> bytes() const { return std::span(bytes_).first(size_); }

 private:
  std::array<std::uint8_t, 12> bytes_{};
  std::size_t size_ = 0;
};

bool is_navigation(Key key) {
  return key >= Key::insert && key <= Key::right;
}

}  // namespace

Keyboard::Keyboard(Scheduler& scheduler, Delegate<void()> data_ready)
    : scheduler_(scheduler),
      data_ready_(data_ready),
      bat_(scheduler, "keyboard.bat", Delegate<void()>::to<&Keyboard::on_self_test_done>(*this)),
      typematic_(scheduler, "keyboard.typematic",
                 Delegate<void()>::to<&Keyboard::on_typematic>(*this)) {
  reset();
}

void Keyboard::reset() {
  scheduler_.cancel(bat_);
  responses_.clear();
  held_.reset();
  expect_ = Expect::command;
  leds_ = 0;
  last_sent_ = 0;
  set_defaults();
  scanning_ = true;
}

void Keyboard::set_defaults() {
  scheduler_.cancel(typematic_);
  keys_.clear();
  overrun_ = false;
  scan_set_ = 2;
  typematic_setting_ = kDefaultTypematic;
  for (std::size_t i = 0; i < kKeyCount; ++i) {
    set3_behaviour_[i] = key_codes(static_cast<Key>(i)).behaviour;
  }
}

// ---- fingers ------------------------------------------------------------------------------------

KeyBehaviour Keyboard::behaviour(Key key) const {
  return scan_set_ == 3 ? set3_behaviour_[static_cast<std::size_t>(key)] : KeyBehaviour::full;
}

void Keyboard::press(Key key) {
  if (static_cast<std::size_t>(key) >= kKeyCount || held(key)) return;
  scheduler_.cancel(typematic_);
  if (scanning_) {
    send_make(key, false);
    const KeyBehaviour does = behaviour(key);
    const bool repeats = does == KeyBehaviour::typematic || does == KeyBehaviour::full;
    if (repeats && key != Key::pause) {
      repeating_ = key;
      scheduler_.schedule(typematic_, typematic_delay());
    }
  }
  held_.set(static_cast<std::size_t>(key));
}

void Keyboard::release(Key key) {
  if (static_cast<std::size_t>(key) >= kKeyCount || !held(key)) return;
  held_.reset(static_cast<std::size_t>(key));
  if (key == repeating_) scheduler_.cancel(typematic_);
  const KeyBehaviour does = behaviour(key);
  if (scanning_ && (does == KeyBehaviour::make_break || does == KeyBehaviour::full)) {
    send_break(key);
  }
}

void Keyboard::release_all() {
  for (std::size_t i = 0; i < kKeyCount; ++i) release(static_cast<Key>(i));
}

// Keys that the 83-key keyboard did not have pretend to be pressed without Shift, or with it where
// Num Lock would turn them into digits, [PS2-KBD] "Scan code set 2", notes to keys 75-89, 95 and
// 124.
void Keyboard::send_make(Key key, bool repeated) {
  const KeyCodes& codes = key_codes(key);
  Sequence bytes;
  if (scan_set_ == 3) {
    bytes.add(codes.set3);
  } else if (key == Key::pause) {
    if (any_ctrl()) {
      bytes.add_code(true, false, 0x7E).add_code(true, true, 0x7E);
    } else {
      bytes.add(0xE1).add(0x14).add(0x77).add(0xE1).add_code(false, true, 0x14);
      bytes.add_code(false, true, 0x77);
    }
  } else if (key == Key::print_screen && any_alt()) {
    bytes.add(0x84);
  } else {
    if (!repeated) {
      const bool num_lock = (leds_ & kNumLockLed) != 0;
      const bool plain_print = key == Key::print_screen && !any_shift() && !any_ctrl();
      if (plain_print || (is_navigation(key) && num_lock && !any_shift())) {
        bytes.add_code(true, false, kLeftShiftCode);
      } else if ((is_navigation(key) && !num_lock) || key == Key::kp_divide) {
        if (held(Key::left_shift)) bytes.add_code(true, true, kLeftShiftCode);
        if (held(Key::right_shift)) bytes.add_code(true, true, kRightShiftCode);
      }
    }
    bytes.add_code(codes.extended, false, codes.set2);
  }
  send(bytes.bytes());
}

void Keyboard::send_break(Key key) {
  const KeyCodes& codes = key_codes(key);
  Sequence bytes;
  if (scan_set_ == 3) {
    bytes.add_code(false, true, codes.set3);
  } else if (key == Key::pause) {
    return;
  } else if (key == Key::print_screen && any_alt()) {
    bytes.add_code(false, true, 0x84);
  } else {
    bytes.add_code(codes.extended, true, codes.set2);
    const bool num_lock = (leds_ & kNumLockLed) != 0;
    const bool plain_print = key == Key::print_screen && !any_shift() && !any_ctrl();
    if (plain_print || (is_navigation(key) && num_lock && !any_shift())) {
      bytes.add_code(true, true, kLeftShiftCode);
    } else if ((is_navigation(key) && !num_lock) || key == Key::kp_divide) {
      if (held(Key::right_shift)) bytes.add_code(true, false, kRightShiftCode);
      if (held(Key::left_shift)) bytes.add_code(true, false, kLeftShiftCode);
    }
  }
  send(bytes.bytes());
}

// A keystroke goes into the buffer whole or not at all; the first that does not fit leaves the
// overrun code instead, [PS2-KBD] "Keyboard buffer".
void Keyboard::send(std::span<const std::uint8_t> set2_sequence) {
  const bool set1 = scan_set_ == 1;
  std::array<std::uint8_t, 12> coded{};
  std::size_t length = 0;
  std::uint8_t release_bit = 0;
  for (const std::uint8_t byte : set2_sequence) {
    if (set1 && byte == kBreak) {
      release_bit = 0x80;
      continue;
    }
    coded[length++] =
        set1 ? static_cast<std::uint8_t>(translate_to_set1(byte) | release_bit) : byte;
    release_bit = 0;
  }
  if (keys_.size() + length <= kBufferSize) {
    for (std::size_t i = 0; i < length; ++i) keys_.push(coded[i]);
    overrun_ = false;
  } else if (!overrun_) {
    keys_.push(set1 ? 0xFF : 0x00);
    overrun_ = true;
  }
  if (data_ready_) data_ready_();
}

Nanoseconds Keyboard::typematic_delay() const {
  return Nanoseconds{1 + ((typematic_setting_ >> 5) & 3U)} * 250 * kMillisecond;
}

// (8 + A) x 2^B x 4.17 ms with A = bits 2-0 and B = bits 4-3, [PS2-KBD] command F3h.
Nanoseconds Keyboard::typematic_period() const {
  const Nanoseconds units = Nanoseconds{8U + (typematic_setting_ & 7U)}
                            << ((typematic_setting_ >> 3) & 3U);
  return units * kSecond / 240;
}

void Keyboard::on_typematic() {
  if (!scanning_ || !held(repeating_)) return;
  // While the host does not fetch, the buffer keeps the first make code only.
  if (keys_.empty() && !awaits_parameter()) send_make(repeating_, true);
  scheduler_.schedule(typematic_, typematic_period());
}

// ---- cable --------------------------------------------------------------------------------------

std::uint8_t Keyboard::take() {
  if (!has_data()) return last_sent_;
  last_sent_ = has_response() ? responses_.pop() : keys_.pop();
  return last_sent_;
}

void Keyboard::respond(std::uint8_t value) {
  if (responses_.room() == 0) responses_.pop();  // a host that never reads loses the oldest
  responses_.push(value);
  if (data_ready_) data_ready_();
}

void Keyboard::receive(std::uint8_t value) {
  // A real keyboard keeps the host waiting until the self test is over.
  if (bat_.pending()) {
    scheduler_.cancel(bat_);
    on_self_test_done();
  }
  if (expect_ != Expect::command && value < kFirstCommand) {
    parameter(value);
  } else {
    expect_ = Expect::command;
    command(value);
  }
}

void Keyboard::command(std::uint8_t value) {
  switch (value) {
    case 0xED:
      expect_ = Expect::leds;
      return respond(kAck);
    case 0xEE:
      return respond(kEcho);
    case 0xF0:
      expect_ = Expect::scan_set;
      keys_.clear();
      return respond(kAck);
    case 0xF2:
      respond(kAck);
      respond(0xAB);
      return respond(0x83);
    case 0xF3:
      expect_ = Expect::typematic_rate;
      return respond(kAck);
    case 0xF4:
      keys_.clear();
      overrun_ = false;
      scanning_ = true;
      return respond(kAck);
    case 0xF5:
    case 0xF6:
      set_defaults();
      scanning_ = value == 0xF6;
      return respond(kAck);
    case 0xF7:
      set3_behaviour_.fill(KeyBehaviour::typematic);
      return respond(kAck);
    case 0xF8:
      set3_behaviour_.fill(KeyBehaviour::make_break);
      return respond(kAck);
    case 0xF9:
      set3_behaviour_.fill(KeyBehaviour::make_only);
      return respond(kAck);
    case 0xFA:
      set3_behaviour_.fill(KeyBehaviour::full);
      return respond(kAck);
    case 0xFB:
    case 0xFC:
    case 0xFD:
      expect_ = Expect::key_list;
      listed_behaviour_ = value == 0xFB   ? KeyBehaviour::typematic
                          : value == 0xFC ? KeyBehaviour::make_break
                                          : KeyBehaviour::make_only;
      return respond(kAck);
    case 0xFE:
      return respond(last_sent_);
    case 0xFF:
      respond(kAck);
      return start_self_test();
    default:
      return respond(kResend);
  }
}

void Keyboard::parameter(std::uint8_t value) {
  const Expect what = expect_;
  if (what != Expect::key_list) expect_ = Expect::command;  // a list goes on until the next command
  switch (what) {
    case Expect::leds:
      leds_ = value & 7;
      return respond(kAck);
    case Expect::scan_set:
      if (value > 3) return respond(kResend);
      respond(kAck);
      if (value == 0) return respond(scan_set_);
      scan_set_ = value;
      scheduler_.cancel(typematic_);
      return;
    case Expect::typematic_rate:
      if ((value & 0x80) != 0) return respond(kResend);
      typematic_setting_ = value;
      return respond(kAck);
    case Expect::key_list:
      for (std::size_t i = 0; i < kKeyCount; ++i) {
        if (key_codes(static_cast<Key>(i)).set3 == value) set3_behaviour_[i] = listed_behaviour_;
      }
      return respond(kAck);
    case Expect::command:
      return;
  }
}

void Keyboard::start_self_test() {
  set_defaults();
  leds_ = 0;
  scanning_ = false;
  scheduler_.schedule(bat_, kSelfTestTime);
}

void Keyboard::on_self_test_done() {
  scanning_ = true;
  respond(kSelfTestPassed);
}

void Keyboard::serialize(Archive& archive) {
  archive.tag("keyboard", 1);
  for (std::size_t i = 0; i < kKeyCount; ++i) {
    bool down = held_[i];
    archive(down);
    held_[i] = down;
  }
  archive(set3_behaviour_);
  archive(keys_);
  archive(responses_);
  archive(expect_);
  archive(listed_behaviour_);
  archive(repeating_);
  archive(leds_);
  archive(scan_set_);
  archive(typematic_setting_);
  archive(last_sent_);
  archive(scanning_);
  archive(overrun_);
  if (static_cast<std::size_t>(repeating_) >= kKeyCount) repeating_ = Key::escape;
  scan_set_ = std::clamp<std::uint8_t>(scan_set_, 1, 3);
}

}  // namespace devices
