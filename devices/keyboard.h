// The 101/102-key keyboard at the far end of the cable: scan sets 1, 2 and 3, typematic, LEDs, self
// test (BAT) and the command set. It only ever speaks when the 8042 takes a byte from it. [PS2-KBD]
// IBM PS/2 Hardware Interface Technical Reference, Keyboards (101/102-key) Shortened: the BAT takes
// 0.6 ms of virtual time instead of 500-750 ms, because firmware counts polls rather than time. Not
// implemented: host inhibition in the middle of a byte, parity errors, a failing BAT.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>

#include "devices/archive.h"
#include "devices/byte_queue.h"
#include "devices/delegate.h"
#include "devices/scan_codes.h"
#include "devices/scheduler.h"

namespace devices {

class Keyboard {
 public:
  // `data_ready` is called whenever a byte has become available; it may be spurious.
  Keyboard(Scheduler& scheduler, Delegate<void()> data_ready);

  void reset();  // power-on, without the announcing AAh

  // The fingers. A key that is held already is not pressed again: repeating is the keyboard's own
  // work.
  void press(Key key);
  void release(Key key);
  void release_all();
  bool held(Key key) const { return held_[static_cast<std::size_t>(key)]; }

  // The cable, seen from the controller.
  void receive(std::uint8_t value);
  bool has_response() const { return !responses_.empty(); }
  bool has_keys() const { return !keys_.empty(); }
  bool has_data() const { return has_response() || (!keys_.empty() && !awaits_parameter()); }
  std::uint8_t take();

  // Would a chord of a few keys pressed now arrive whole?
  bool accepting() const {
    return scanning_ && !bat_.pending() && !has_response() && keys_.empty() && !awaits_parameter();
  }

  struct Leds {
    bool scroll, num, caps;
  };
  Leds leds() const { return {(leds_ & 1) != 0, (leds_ & 2) != 0, (leds_ & 4) != 0}; }
  std::uint8_t scan_set() const { return scan_set_; }
  bool scanning() const { return scanning_; }

  void serialize(Archive& archive);

 private:
  // What the next byte from the host means.
  enum class Expect : std::uint8_t { command, leds, scan_set, typematic_rate, key_list };

  bool awaits_parameter() const {
    return expect_ != Expect::command && expect_ != Expect::key_list;
  }
  void respond(std::uint8_t value);
  void command(std::uint8_t value);
  void parameter(std::uint8_t value);
  void set_defaults();
  void start_self_test();
  void on_self_test_done();
  void on_typematic();
  void send(std::span<const std::uint8_t> set2_sequence);
  void send_make(Key key, bool repeated);
  void send_break(Key key);
  KeyBehaviour behaviour(Key key) const;
  bool any_shift() const { return held(Key::left_shift) || held(Key::right_shift); }
  bool any_ctrl() const { return held(Key::left_ctrl) || held(Key::right_ctrl); }
  bool any_alt() const { return held(Key::left_alt) || held(Key::right_alt); }
  Nanoseconds typematic_delay() const;
  Nanoseconds typematic_period() const;

  Scheduler& scheduler_;
  Delegate<void()> data_ready_;
  Event bat_;
  Event typematic_;

  std::bitset<kKeyCount> held_;
  std::array<KeyBehaviour, kKeyCount> set3_behaviour_{};
  ByteQueue<32> keys_;       // 16 bytes and the overrun mark are used
  ByteQueue<16> responses_;  // answers go before keystrokes
  Expect expect_ = Expect::command;
  KeyBehaviour listed_behaviour_ = KeyBehaviour::full;  // for Expect::key_list
  Key repeating_ = Key::escape;
  std::uint8_t leds_ = 0;
  std::uint8_t scan_set_ = 2;
  std::uint8_t typematic_setting_ = 0;
  std::uint8_t last_sent_ = 0;
  bool scanning_ = true;
  bool overrun_ = false;  // the mark is in the queue and nothing fitted since
};

}  // namespace devices
