#include "devices/keyboard_controller.h"

#include <random>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace devices;

namespace {

using Bytes = std::vector<int>;

// A board with nothing but the 8042: ports, time, and counters on its wires.
struct Bench {
  Bench() {
    controller.claim_ports(ports);
    controller.keyboard_irq.connect<&Bench::on_keyboard_irq>(*this);
    controller.mouse_irq.connect<&Bench::on_mouse_irq>(*this);
    controller.a20_write = Delegate<void(bool)>::to<&Bench::on_a20>(*this);
    controller.reset_pulse = Delegate<void()>::to<&Bench::on_reset>(*this);
  }
  void on_keyboard_irq(bool level) { keyboard_irqs += level ? 1 : 0; }
  void on_mouse_irq(bool level) { mouse_irqs += level ? 1 : 0; }
  void on_a20(bool level) {
    a20.push_back(level);
    controller.set_a20_level(level);
  }
  void on_reset() { ++resets; }

  void wait(Nanoseconds time) { scheduler.advance_to(scheduler.now() + time); }
  int status() { return ports.in8(0x64); }
  void command(int value) { ports.out8(0x64, static_cast<std::uint8_t>(value)); }
  void data(int value) { ports.out8(0x60, static_cast<std::uint8_t>(value)); }
  void command(int value, int parameter) {
    command(value);
    data(parameter);
  }
  // The next byte within `patience`, or -1.
  int read(Nanoseconds patience = 5 * kMillisecond) {
    const Nanoseconds end = scheduler.now() + patience;
    while ((status() & 1) == 0) {
      if (scheduler.now() >= end) return -1;
      wait(10 * kMicrosecond);
    }
    return ports.in8(0x60);
  }
  Bytes read_all() {
    Bytes result;
    for (int byte = read(); byte >= 0 && result.size() < 100; byte = read()) result.push_back(byte);
    return result;
  }
  Bytes to_keyboard(int value) {
    data(value);
    return read_all();
  }
  Bytes to_mouse(int value) {
    command(0xD4, value);
    return read_all();
  }
  void press(Key key) { controller.keyboard().press(key); }
  void release(Key key) { controller.keyboard().release(key); }
  Bytes tap(Key key) {
    press(key);
    Bytes bytes = read_all();
    release(key);
    for (int byte : read_all()) bytes.push_back(byte);
    return bytes;
  }

  Scheduler scheduler;
  IoPorts ports;
  KeyboardController controller{scheduler};
  int keyboard_irqs = 0, mouse_irqs = 0, resets = 0;
  std::vector<bool> a20;
};

constexpr int kUntranslated = 0x25;
constexpr int kTranslated = 0x65;

}  // namespace

TEST_CASE("8042: status is 18h at power-on, 1Ch after the self test, 1Dh with data",
          "[devices][keyboard]") {
  Bench b;
  REQUIRE(b.status() == 0x18);
  b.command(0xAA);
  REQUIRE(b.status() == 0x1D);
  REQUIRE(b.read() == 0x55);
  REQUIRE(b.status() == 0x1C);
}

TEST_CASE("8042: the sequence of a Bochs-style POST gets its answers", "[devices][keyboard]") {
  Bench b;
  int drained = 0;
  for (int i = 0; i < 8191; ++i) drained += b.status() & 1;
  REQUIRE(drained == 0);
  b.command(0xAA);
  REQUIRE(b.read() == 0x55);
  b.command(0xAB);
  REQUIRE(b.read() == 0x00);
  b.command(0xAE);
  b.command(0xA8);
  // FFh: FAh, then AAh, each within 65535 polls of at least a microsecond, the second within 1 ms.
  b.data(0xFF);
  REQUIRE(b.read(1 * kMillisecond) == 0xFA);
  REQUIRE(b.read(1 * kMillisecond) == 0xAA);
  REQUIRE(b.to_keyboard(0xF5) == Bytes{0xFA});
  b.command(0x60, 0x61);
  REQUIRE(b.to_keyboard(0xF4) == Bytes{0xFA});
  b.command(0x20);
  REQUIRE(b.read() == 0x61);
}

TEST_CASE("8042: IRQ 1 follows the output buffer and command byte bit 0", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated & ~1);
  b.press(Key::a);
  b.wait(kMillisecond);
  REQUIRE(b.keyboard_irqs == 0);
  b.command(0x60, kTranslated);  // the byte is still there: enabling shows it
  REQUIRE(b.keyboard_irqs == 1);
  REQUIRE(b.controller.keyboard_irq.level());
  REQUIRE(b.read() == 0x1E);
  REQUIRE_FALSE(b.controller.keyboard_irq.level());
  b.command(0xD0);  // the controller's own answers interrupt as well
  REQUIRE(b.keyboard_irqs == 2);
  b.read();
  REQUIRE(b.mouse_irqs == 0);
}

TEST_CASE("8042: a device byte takes 100 us of virtual time", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  b.press(Key::a);
  b.wait(99 * kMicrosecond);
  REQUIRE((b.status() & 1) == 0);
  b.wait(1 * kMicrosecond);
  REQUIRE((b.status() & 1) == 1);
}

TEST_CASE("8042: A20 and reset hang on the output port", "[devices][keyboard]") {
  Bench b;
  b.command(0xD1, 0xDF);
  REQUIRE(b.a20 == std::vector<bool>{true});
  b.command(0xD0);
  REQUIRE((b.read() & 0x03) == 0x03);
  b.command(0xD1, 0xDF);  // an unchanged level is reported too: the last writer wins
  b.command(0xDD);
  b.command(0xDF);
  REQUIRE(b.a20 == std::vector<bool>{true, true, false, true});
  REQUIRE(b.resets == 0);
  b.command(0xFE);
  REQUIRE(b.resets == 1);
  b.command(0xFF);  // pulses nothing
  b.command(0xF1);  // pulses bits 1-3 only
  REQUIRE(b.resets == 1);
  b.command(0xD1, 0xDE);
  REQUIRE(b.resets == 2);
}

TEST_CASE("8042: D2h and D3h put bytes into the output buffer as keyboard and mouse",
          "[devices][keyboard]") {
  Bench b;
  b.command(0x60, 0x47);
  b.command(0xD2, 0x12);
  REQUIRE(b.status() == 0x15);
  REQUIRE(b.keyboard_irqs == 1);
  REQUIRE(b.read() == 0x12);
  b.command(0xD3, 0x34);
  REQUIRE(b.status() == 0x35);
  REQUIRE(b.mouse_irqs == 1);
  REQUIRE(b.read() == 0x34);
}

TEST_CASE("8042: its small commands", "[devices][keyboard]") {
  Bench b;
  b.command(0xA9);
  REQUIRE(b.read() == 0x00);
  b.command(0xC0);
  REQUIRE(b.read() == 0x80);
  b.command(0xA4);
  REQUIRE(b.read() == 0xF1);
  b.command(0x7F, 0x5A);
  b.command(0x3F);
  REQUIRE(b.read() == 0x5A);
  b.command(0xE0);
  REQUIRE((b.read() & 1) == 1);
  b.command(0xAD);
  b.command(0xE0);
  REQUIRE((b.read() & 1) == 0);
  b.command(0xC2);
  REQUIRE((b.status() & 0xF0) == 0x80);
  b.command(0xC1);
  REQUIRE((b.status() & 0xF0) == 0x00);
  b.command(0xAE);
  REQUIRE((b.status() & 0xF0) == 0x10);
}

TEST_CASE("8042: a command drops the parameter that an earlier one waits for",
          "[devices][keyboard]") {
  Bench b;
  b.command(0x60, 0x45);
  b.command(0x60);
  b.command(0x20);
  b.data(0xEE);  // so this goes to the keyboard
  REQUIRE(b.read_all() == Bytes{0x45, 0xEE});
  b.command(0x20);
  REQUIRE(b.read() == 0x45);
}

TEST_CASE("8042: an answer waits behind a key that nobody has read yet", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  b.press(Key::a);
  b.wait(kMillisecond);
  b.command(0xD0);
  REQUIRE(b.read() == 0x1E);
  REQUIRE((b.read() & 0x01) == 1);
}

TEST_CASE("8042: a closed interface keeps keys back, and a byte to the keyboard opens it",
          "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated | 0x10);
  b.press(Key::a);
  REQUIRE(b.read() == -1);
  REQUIRE_FALSE(b.controller.can_accept());
  b.data(0xEE);
  REQUIRE(b.read_all() == Bytes{0xEE, 0x1E});
  b.command(0x20);
  REQUIRE(b.read() == kTranslated);
}

TEST_CASE("8042: translation of set 2 matches known set 1 codes", "[devices][keyboard]") {
  struct Row {
    Key key;
    Bytes set1;
  };
  // From the IBM PC XT/AT scan code charts.
  const Row rows[] = {
      {Key::escape, {0x01, 0x81}},
      {Key::digit1, {0x02, 0x82}},
      {Key::digit0, {0x0B, 0x8B}},
      {Key::backspace, {0x0E, 0x8E}},
      {Key::tab, {0x0F, 0x8F}},
      {Key::q, {0x10, 0x90}},
      {Key::p, {0x19, 0x99}},
      {Key::enter, {0x1C, 0x9C}},
      {Key::left_ctrl, {0x1D, 0x9D}},
      {Key::a, {0x1E, 0x9E}},
      {Key::l, {0x26, 0xA6}},
      {Key::grave, {0x29, 0xA9}},
      {Key::left_shift, {0x2A, 0xAA}},
      {Key::backslash, {0x2B, 0xAB}},
      {Key::z, {0x2C, 0xAC}},
      {Key::slash, {0x35, 0xB5}},
      {Key::right_shift, {0x36, 0xB6}},
      {Key::kp_multiply, {0x37, 0xB7}},
      {Key::left_alt, {0x38, 0xB8}},
      {Key::space, {0x39, 0xB9}},
      {Key::caps_lock, {0x3A, 0xBA}},
      {Key::f1, {0x3B, 0xBB}},
      {Key::f7, {0x41, 0xC1}},
      {Key::f10, {0x44, 0xC4}},
      {Key::num_lock, {0x45, 0xC5}},
      {Key::scroll_lock, {0x46, 0xC6}},
      {Key::kp_7, {0x47, 0xC7}},
      {Key::kp_minus, {0x4A, 0xCA}},
      {Key::kp_5, {0x4C, 0xCC}},
      {Key::kp_plus, {0x4E, 0xCE}},
      {Key::kp_period, {0x53, 0xD3}},
      {Key::iso_102, {0x56, 0xD6}},
      {Key::f11, {0x57, 0xD7}},
      {Key::f12, {0x58, 0xD8}},
      {Key::kp_enter, {0xE0, 0x1C, 0xE0, 0x9C}},
      {Key::right_ctrl, {0xE0, 0x1D, 0xE0, 0x9D}},
      {Key::kp_divide, {0xE0, 0x35, 0xE0, 0xB5}},
      {Key::right_alt, {0xE0, 0x38, 0xE0, 0xB8}},
      {Key::home, {0xE0, 0x47, 0xE0, 0xC7}},
      {Key::up, {0xE0, 0x48, 0xE0, 0xC8}},
      {Key::page_up, {0xE0, 0x49, 0xE0, 0xC9}},
      {Key::left, {0xE0, 0x4B, 0xE0, 0xCB}},
      {Key::right, {0xE0, 0x4D, 0xE0, 0xCD}},
      {Key::end, {0xE0, 0x4F, 0xE0, 0xCF}},
      {Key::down, {0xE0, 0x50, 0xE0, 0xD0}},
      {Key::page_down, {0xE0, 0x51, 0xE0, 0xD1}},
      {Key::insert, {0xE0, 0x52, 0xE0, 0xD2}},
      {Key::del, {0xE0, 0x53, 0xE0, 0xD3}},
      {Key::left_win, {0xE0, 0x5B, 0xE0, 0xDB}},
      {Key::right_win, {0xE0, 0x5C, 0xE0, 0xDC}},
      {Key::menu, {0xE0, 0x5D, 0xE0, 0xDD}},
      {Key::print_screen, {0xE0, 0x2A, 0xE0, 0x37, 0xE0, 0xB7, 0xE0, 0xAA}},
      {Key::pause, {0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5}},
  };
  Bench b;
  b.command(0x60, kTranslated);
  for (const Row& row : rows) REQUIRE(b.tap(row.key) == row.set1);
  // The keyboard's own set 1 is the same.
  b.command(0x60, kUntranslated);
  b.to_keyboard(0xF0);
  b.to_keyboard(0x01);
  for (const Row& row : rows) REQUIRE(b.tap(row.key) == row.set1);
}

TEST_CASE("keyboard: set 2 untranslated sends F0h before the code of a released key",
          "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kUntranslated);
  REQUIRE(b.tap(Key::a) == Bytes{0x1C, 0xF0, 0x1C});
  REQUIRE(b.tap(Key::f7) == Bytes{0x83, 0xF0, 0x83});
  REQUIRE(b.tap(Key::right) == Bytes{0xE0, 0x74, 0xE0, 0xF0, 0x74});
  REQUIRE(b.tap(Key::pause) == Bytes{0xE1, 0x14, 0x77, 0xE1, 0xF0, 0x14, 0xF0, 0x77});
}

TEST_CASE("keyboard: Pause and Print Screen change with Ctrl, Alt and Shift",
          "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  b.press(Key::left_ctrl);
  b.read_all();
  REQUIRE(b.tap(Key::pause) == Bytes{0xE0, 0x46, 0xE0, 0xC6});
  REQUIRE(b.tap(Key::print_screen) == Bytes{0xE0, 0x37, 0xE0, 0xB7});
  b.release(Key::left_ctrl);
  b.press(Key::left_alt);
  b.read_all();
  REQUIRE(b.tap(Key::print_screen) == Bytes{0x54, 0xD4});
}

TEST_CASE("keyboard: cursor keys hide Shift, and fake it under Num Lock", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  b.press(Key::left_shift);
  b.read_all();
  REQUIRE(b.tap(Key::left) == Bytes{0xE0, 0xAA, 0xE0, 0x4B, 0xE0, 0xCB, 0xE0, 0x2A});
  REQUIRE(b.tap(Key::kp_divide) == Bytes{0xE0, 0xAA, 0xE0, 0x35, 0xE0, 0xB5, 0xE0, 0x2A});
  b.release(Key::left_shift);
  b.read_all();
  b.to_keyboard(0xED);
  b.to_keyboard(0x02);
  REQUIRE(b.tap(Key::left) == Bytes{0xE0, 0x2A, 0xE0, 0x4B, 0xE0, 0xCB, 0xE0, 0xAA});
}

TEST_CASE("keyboard: set 3 has one code a key and its own break rules", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kUntranslated);
  REQUIRE(b.to_keyboard(0xF0) == Bytes{0xFA});
  REQUIRE(b.to_keyboard(0x03) == Bytes{0xFA});
  REQUIRE(b.tap(Key::right) == Bytes{0x6A});
  REQUIRE(b.tap(Key::left_ctrl) == Bytes{0x11, 0xF0, 0x11});
  REQUIRE(b.tap(Key::pause) == Bytes{0x62});
  REQUIRE(b.to_keyboard(0xFC) == Bytes{0xFA});  // these keys: make and break
  REQUIRE(b.to_keyboard(0x6A) == Bytes{0xFA});
  REQUIRE(b.to_keyboard(0xF4) == Bytes{0xFA});
  REQUIRE(b.tap(Key::right) == Bytes{0x6A, 0xF0, 0x6A});
  REQUIRE(b.tap(Key::home) == Bytes{0x6E});
  REQUIRE(b.to_keyboard(0xFA) == Bytes{0xFA});
  REQUIRE(b.tap(Key::home) == Bytes{0x6E, 0xF0, 0x6E});
  REQUIRE(b.to_keyboard(0xF0) == Bytes{0xFA});
  REQUIRE(b.to_keyboard(0x00) == Bytes{0xFA, 0x03});
}

TEST_CASE("keyboard: commands answer as the reference lists", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  REQUIRE(b.to_keyboard(0xEE) == Bytes{0xEE});
  REQUIRE(b.to_keyboard(0xF2) == Bytes{0xFA, 0xAB, 0x41});
  REQUIRE(b.to_keyboard(0xF0) == Bytes{0xFA});
  REQUIRE(b.to_keyboard(0x00) == Bytes{0xFA, 0x41});
  REQUIRE(b.to_keyboard(0xED) == Bytes{0xFA});
  REQUIRE(b.to_keyboard(0x07) == Bytes{0xFA});
  REQUIRE(b.controller.keyboard().leds().caps);
  REQUIRE(b.to_keyboard(0x42) == Bytes{0xFE});
  REQUIRE(b.to_keyboard(0xFE) == Bytes{0xFE});
  REQUIRE(b.to_keyboard(0xED) == Bytes{0xFA});
  REQUIRE(b.to_keyboard(0xEE) == Bytes{0xEE});  // a command replaces the parameter
  REQUIRE(b.to_keyboard(0xF0) == Bytes{0xFA});
  REQUIRE(b.to_keyboard(0x04) == Bytes{0xFE});
  REQUIRE(b.to_keyboard(0xFF) == Bytes{0xFA, 0xAA});
  REQUIRE_FALSE(b.controller.keyboard().leds().caps);
  b.command(0x60, kUntranslated);
  REQUIRE(b.to_keyboard(0xF2) == Bytes{0xFA, 0xAB, 0x83});
}

TEST_CASE("keyboard: F5h stops scanning, F4h starts it", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  b.to_keyboard(0xF5);
  REQUIRE_FALSE(b.controller.can_accept());
  REQUIRE(b.tap(Key::a).empty());
  b.to_keyboard(0xF4);
  REQUIRE(b.controller.can_accept());
  REQUIRE(b.tap(Key::a) == Bytes{0x1E, 0x9E});
}

TEST_CASE("keyboard: a held key repeats after 500 ms at 10.9 a second by default",
          "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  b.press(Key::a);
  REQUIRE(b.read() == 0x1E);
  REQUIRE(b.read(498 * kMillisecond) == -1);
  REQUIRE(b.read(5 * kMillisecond) == 0x1E);
  int repeats = 0;
  const Nanoseconds end = b.scheduler.now() + kSecond;
  while (b.scheduler.now() < end) repeats += b.read(kMillisecond) == 0x1E ? 1 : 0;
  REQUIRE(repeats >= 10);
  REQUIRE(repeats <= 11);
  b.release(Key::a);
  REQUIRE(b.read_all() == Bytes{0x9E});
  REQUIRE(b.read(2 * kSecond) == -1);
}

TEST_CASE("keyboard: F3h sets delay and rate", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  b.to_keyboard(0xF3);
  REQUIRE(b.to_keyboard(0x00) == Bytes{0xFA});  // 250 ms, 30 a second
  b.press(Key::z);
  REQUIRE(b.read() == 0x2C);
  REQUIRE(b.read(248 * kMillisecond) == -1);
  int repeats = 0;
  const Nanoseconds end = b.scheduler.now() + kSecond;
  while (b.scheduler.now() < end) repeats += b.read(kMillisecond) == 0x2C ? 1 : 0;
  REQUIRE(repeats >= 29);
  REQUIRE(repeats <= 31);
}

TEST_CASE("keyboard: what does not fit into 16 bytes leaves one overrun code",
          "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kUntranslated | 0x10);
  for (int i = 0; i < 30; ++i) {
    b.press(Key::a);
    b.release(Key::a);
  }
  b.command(0x60, kUntranslated);
  // 5 strokes of 3 bytes, the make code of the sixth, and 00h.
  const Bytes bytes = b.read_all();
  REQUIRE(bytes.size() == 17);
  REQUIRE(bytes[15] == 0x1C);
  REQUIRE(bytes[16] == 0x00);
  REQUIRE(b.tap(Key::b) == Bytes{0x32, 0xF0, 0x32});
}

TEST_CASE("keyboard: a typist who waits for can_accept loses nothing", "[devices][keyboard]") {
  Bench b;
  b.command(0x60, kTranslated);
  const std::string text = "Dir A:\\*.* /s\n";
  Bytes makes;
  Bytes expected;
  for (char c : text) {
    const auto stroke = keystroke_for(c);
    REQUIRE(stroke);
    if (stroke->shift) expected.push_back(0x2A);
    expected.push_back(translate_to_set1(key_codes(stroke->key).set2));
    REQUIRE(b.controller.can_accept());
    if (stroke->shift) b.press(Key::left_shift);
    b.press(stroke->key);
    b.release(stroke->key);
    if (stroke->shift) b.release(Key::left_shift);
    REQUIRE_FALSE(b.controller.can_accept());
    for (int byte : b.read_all()) {
      if (byte < 0x80) makes.push_back(byte);
    }
  }
  REQUIRE(makes == expected);
}

TEST_CASE("mouse: identification, status and reset", "[devices][mouse]") {
  Bench b;
  b.command(0x60, 0x47);
  REQUIRE(b.to_mouse(0xFF) == Bytes{0xFA, 0xAA, 0x00});
  REQUIRE(b.mouse_irqs == 3);
  REQUIRE(b.keyboard_irqs == 0);
  REQUIRE(b.to_mouse(0xF2) == Bytes{0xFA, 0x00});
  REQUIRE(b.to_mouse(0xE9) == Bytes{0xFA, 0x00, 0x02, 100});
  REQUIRE(b.to_mouse(0xE8) == Bytes{0xFA});
  REQUIRE(b.to_mouse(0x03) == Bytes{0xFA});
  REQUIRE(b.to_mouse(0xE7) == Bytes{0xFA});
  REQUIRE(b.to_mouse(0xF4) == Bytes{0xFA});
  b.controller.mouse().set_buttons(Mouse::kLeft);
  REQUIRE(b.to_mouse(0xE9) == Bytes{0xFA, 0x34, 0x03, 100});
  REQUIRE(b.to_mouse(0xF6) == Bytes{0xFA});
  REQUIRE(b.to_mouse(0x77) == Bytes{0xFE});
}

TEST_CASE("mouse: the answer to a command passes a closed interface, a packet does not",
          "[devices][mouse]") {
  Bench b;
  b.command(0x60, 0x65);
  REQUIRE(b.to_mouse(0xF4) == Bytes{0xFA});
  b.controller.mouse().move(1, 0);
  REQUIRE(b.read(100 * kMillisecond) == -1);
  b.command(0xA8);
  REQUIRE(b.read_all() == Bytes{0x08, 1, 0});
}

TEST_CASE("mouse: packets carry signs, buttons and long moves in parts", "[devices][mouse]") {
  Bench b;
  b.command(0x60, 0x47);
  b.to_mouse(0xF4);
  Mouse& mouse = b.controller.mouse();
  mouse.move(5, 3);  // down on the screen is negative for the mouse
  b.wait(10 * kMillisecond);
  REQUIRE(b.read_all() == Bytes{0x28, 5, 0xFD});
  mouse.move(-1, -2);
  mouse.set_buttons(Mouse::kLeft | Mouse::kMiddle);
  b.wait(10 * kMillisecond);
  REQUIRE(b.read_all() == Bytes{0x1D, 0xFF, 2});
  mouse.set_buttons(0);
  mouse.move(300, 0);
  b.wait(10 * kMillisecond);
  REQUIRE(b.read_all() == Bytes{0x08, 255, 0});
  b.wait(10 * kMillisecond);
  REQUIRE(b.read_all() == Bytes{0x08, 45, 0});
  b.wait(kSecond);
  REQUIRE(b.read() == -1);
}

TEST_CASE("mouse: the knock 200 100 80 brings the wheel", "[devices][mouse]") {
  Bench b;
  b.command(0x60, 0x47);
  for (int rate : {200, 100, 80}) {
    REQUIRE(b.to_mouse(0xF3) == Bytes{0xFA});
    REQUIRE(b.to_mouse(rate) == Bytes{0xFA});
  }
  REQUIRE(b.to_mouse(0xF2) == Bytes{0xFA, 0x03});
  b.to_mouse(0xF4);
  b.controller.mouse().move(0, 0, -1);
  b.wait(15 * kMillisecond);
  REQUIRE(b.read_all() == Bytes{0x08, 0, 0, 0xFF});
  REQUIRE(b.to_mouse(0xFF) == Bytes{0xFA, 0xAA, 0x00});
  REQUIRE(b.to_mouse(0xF2) == Bytes{0xFA, 0x00});
}

TEST_CASE("mouse: scaling 2:1 bends stream packets and leaves polled ones alone",
          "[devices][mouse]") {
  Bench b;
  b.command(0x60, 0x47);
  b.to_mouse(0xE7);
  b.to_mouse(0xF4);
  const std::pair<int, int> rows[] = {{1, 1}, {2, 1}, {3, 3}, {4, 6}, {5, 9}, {6, 12}, {100, 200}};
  for (const auto& [counts, reported] : rows) {
    b.controller.mouse().move(counts, counts);
    b.wait(10 * kMillisecond);
    REQUIRE(b.read_all() == Bytes{0x28, reported, 256 - reported});
  }
  b.to_mouse(0xF0);
  b.controller.mouse().move(5, 0);
  REQUIRE(b.to_mouse(0xEB) == Bytes{0xFA, 0x08, 5, 0});
}

TEST_CASE("mouse: remote mode reports when asked, wrap mode echoes", "[devices][mouse]") {
  Bench b;
  b.command(0x60, 0x47);
  REQUIRE(b.to_mouse(0xF0) == Bytes{0xFA});
  b.controller.mouse().move(7, -7);
  REQUIRE(b.read(50 * kMillisecond) == -1);
  REQUIRE(b.to_mouse(0xEB) == Bytes{0xFA, 0x08, 7, 7});
  REQUIRE(b.to_mouse(0xE9)[1] == 0x40);
  REQUIRE(b.to_mouse(0xEE) == Bytes{0xFA});
  REQUIRE(b.to_mouse(0xF4) == Bytes{0xF4});
  REQUIRE(b.to_mouse(0x12) == Bytes{0x12});
  REQUIRE(b.to_mouse(0xEC) == Bytes{0xFA});
  REQUIRE(b.to_mouse(0xE9)[1] == 0x40);
  REQUIRE(b.to_mouse(0xEA) == Bytes{0xFA});
  REQUIRE(b.to_mouse(0xE9)[1] == 0x00);
}

TEST_CASE("mouse: a command in the middle of a packet drops the rest of it", "[devices][mouse]") {
  Bench b;
  b.command(0x60, 0x47);
  b.to_mouse(0xF4);
  b.controller.mouse().move(1, 1);
  b.wait(11 * kMillisecond);
  REQUIRE(b.read() == 0x28);
  REQUIRE(b.to_mouse(0xF5) == Bytes{0xFA});
}

TEST_CASE(
    "8042: any sequence of port accesses is harmless, and save and load in the middle changes "
    "nothing",
    "[devices][keyboard]") {
  Bench a;
  Bench b;
  std::mt19937 random(8042);
  for (int step = 0; step < 60000; ++step) {
    const auto op = static_cast<int>(random() % 10);
    const auto value = static_cast<std::uint8_t>(random());
    for (Bench* bench : {&a, &b}) {
      switch (op) {
        case 0:
        case 1:
          bench->data(value);
          break;
        case 2:
        case 3:
          bench->command(value);
          break;
        case 4:
          bench->press(static_cast<Key>(value % kKeyCount));
          break;
        case 5:
          bench->release(static_cast<Key>(value % kKeyCount));
          break;
        case 6:
          bench->controller.mouse().move(value - 128, value - 100, value % 3 - 1);
          bench->controller.mouse().set_buttons(value);
          break;
        default:
          bench->wait(value * 40 * kMicrosecond);
          break;
      }
    }
    REQUIRE(a.status() == b.status());
    REQUIRE(a.ports.in8(0x60) == b.ports.in8(0x60));
    if (step % 5000 == 2500) {
      Archive saver = Archive::saver();
      a.scheduler.serialize(saver);
      a.controller.serialize(saver);
      Archive loader = Archive::loader(saver.saved());
      b.scheduler.serialize(loader);
      b.controller.serialize(loader);
      REQUIRE(loader.at_end());
    }
  }
}

TEST_CASE("keys: chords are read from the words of --key", "[devices][keyboard]") {
  using Keys = std::vector<Key>;
  REQUIRE(parse_chord("right") == Keys{Key::right});
  REQUIRE(parse_chord("F10") == Keys{Key::f10});
  REQUIRE(parse_chord("ctrl-alt-del") == Keys{Key::left_ctrl, Key::left_alt, Key::del});
  REQUIRE(parse_chord("shift-a") == Keys{Key::left_shift, Key::a});
  REQUIRE(parse_chord("?") == Keys{Key::left_shift, Key::slash});
  REQUIRE(parse_chord("-") == Keys{Key::minus});
  REQUIRE(parse_chord("ctrl--") == Keys{Key::left_ctrl, Key::minus});
  for (const char* bad : {"", "--", "ctrl-", "-a", "nokey", "ctrl-nokey", "a-"}) {
    REQUIRE_FALSE(parse_chord(bad));
  }
  for (std::string_view name : key_names()) REQUIRE(parse_chord(name)->size() == 1);
}

TEST_CASE("keys: every printable ASCII character can be typed on a US layout",
          "[devices][keyboard]") {
  for (int c = 0x20; c < 0x7F; ++c) REQUIRE(keystroke_for(static_cast<char>(c)));
  REQUIRE(keystroke_for('A')->shift);
  REQUIRE_FALSE(keystroke_for('a')->shift);
  REQUIRE(keystroke_for('\n')->key == Key::enter);
  REQUIRE(keystroke_for('\x03')->key == Key::c);
  REQUIRE(keystroke_for('\x03')->ctrl);
  REQUIRE_FALSE(keystroke_for('\xE4'));
}
