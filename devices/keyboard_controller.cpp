#include "devices/keyboard_controller.h"

namespace devices {

namespace {

constexpr std::uint16_t kDataPort = 0x60;
constexpr std::uint16_t kCommandPort = 0x64;

constexpr Nanoseconds kSerialTime = 100 * kMicrosecond;  // real parts: 100-300 us a byte

// Status, [8042] "Status register".
constexpr std::uint8_t kStatusOutputFull = 0x01;
constexpr std::uint8_t kStatusSystem = 0x04;
constexpr std::uint8_t kStatusCommand = 0x08;
constexpr std::uint8_t kStatusUnlocked = 0x10;
constexpr std::uint8_t kStatusMouse = 0x20;

// Command byte, [PS2] "Controller command byte".
constexpr std::uint8_t kKeyboardIrq = 0x01;
constexpr std::uint8_t kMouseIrq = 0x02;
constexpr std::uint8_t kSystemFlag = 0x04;
constexpr std::uint8_t kKeyboardDisabled = 0x10;
constexpr std::uint8_t kMouseDisabled = 0x20;
constexpr std::uint8_t kTranslate = 0x40;

// Output port.
constexpr std::uint8_t kPortNotReset = 0x01;
constexpr std::uint8_t kPortA20 = 0x02;
constexpr std::uint8_t kPortKeyboardFull = 0x10;
constexpr std::uint8_t kPortMouseFull = 0x20;
constexpr std::uint8_t kPortStored = 0xCC;

constexpr std::uint8_t kInputPort = 0x80;  // bit 7: lock open
constexpr std::uint8_t kSelfTestPassed = 0x55;
constexpr std::uint8_t kReleasePrefix = 0xF0;

}  // namespace

KeyboardController::KeyboardController(Scheduler& scheduler)
    : scheduler_(scheduler),
      serial_(scheduler, "8042.serial",
              Delegate<void()>::to<&KeyboardController::on_serial>(*this)),
      keyboard_(scheduler, Delegate<void()>::to<&KeyboardController::on_device_data>(*this)),
      mouse_(scheduler, Delegate<void()>::to<&KeyboardController::on_device_data>(*this)) {
  reset();
}

void KeyboardController::claim_ports(IoPorts& ports) {
  ports.claim(*this, "8042 data", kDataPort, kDataPort);
  ports.claim(*this, "8042 command", kCommandPort, kCommandPort);
}

void KeyboardController::reset() {
  keyboard_.reset();
  mouse_.reset();
  scheduler_.cancel(serial_);
  ram_ = {};
  ram_[0] = kTranslate | kMouseDisabled;
  answers_.clear();
  output_ = 0;
  pending_command_ = 0;
  polled_nibble_ = 0;
  output_latch_ = kPortStored;
  output_full_ = output_from_mouse_ = false;
  last_write_was_command_ = true;
  release_prefix_ = false;
  update_irqs();
}

bool KeyboardController::keyboard_enabled() const {
  return (ram_[0] & kKeyboardDisabled) == 0;
}
bool KeyboardController::mouse_enabled() const {
  return (ram_[0] & kMouseDisabled) == 0;
}

// Sending a byte to a device includes waiting for its answer, so answers pass a closed interface.
bool KeyboardController::keyboard_ready() const {
  return keyboard_.has_response() || (keyboard_enabled() && keyboard_.has_data());
}
bool KeyboardController::mouse_ready() const {
  return mouse_.has_response() || (mouse_enabled() && mouse_.has_data());
}

// ---- processor side -----------------------------------------------------------------------------

std::uint8_t KeyboardController::in8(std::uint16_t port) {
  return port == kDataPort ? read_data() : status();
}

void KeyboardController::out8(std::uint16_t port, std::uint8_t value) {
  last_write_was_command_ = port == kCommandPort;
  if (last_write_was_command_) {
    command(value);
  } else {
    data(value);
  }
}

std::uint8_t KeyboardController::status() const {
  unsigned status = kStatusUnlocked;
  if (output_full_) status |= kStatusOutputFull;
  if (output_full_ && output_from_mouse_) status |= kStatusMouse;
  if ((ram_[0] & kSystemFlag) != 0) status |= kStatusSystem;
  if (last_write_was_command_) status |= kStatusCommand;
  if (polled_nibble_ == 0xC1) status = (status & 0x0F) | (kInputPort << 4 & 0xF0);
  if (polled_nibble_ == 0xC2) status = (status & 0x0F) | (kInputPort & 0xF0);
  return static_cast<std::uint8_t>(status);
}

std::uint8_t KeyboardController::read_data() {
  output_full_ = false;
  update_irqs();
  on_device_data();
  return output_;
}

void KeyboardController::set_command_byte(std::uint8_t value) {
  ram_[0] = value;
  update_irqs();
  on_device_data();
}

void KeyboardController::command(std::uint8_t value) {
  pending_command_ = 0;  // a command takes the place of one that still waits for its byte
  polled_nibble_ = 0;
  if (value >= 0x20 && value <= 0x3F) return answer(ram_[value & 0x1F]);
  if (value >= 0x60 && value <= 0x7F) {
    pending_command_ = value;
    return;
  }
  if (value >= 0xF0) {
    if ((value & kPortNotReset) == 0 && reset_pulse) reset_pulse();
    return;
  }
  switch (value) {
    case 0xA1:  // firmware version
      return answer(0x00);
    case 0xA4:  // password installed? F1h = no
      return answer(0xF1);
    case 0xA7:
      return set_command_byte(ram_[0] | kMouseDisabled);
    case 0xA8:
      return set_command_byte(static_cast<std::uint8_t>(ram_[0] & ~kMouseDisabled));
    case 0xA9:  // auxiliary interface test: 00h = good
    case 0xAB:  // keyboard interface test
      return answer(0x00);
    case 0xAA:
      // The AT part leaves the command byte at 30h here; every ROM writes it again, and what runs
      // without one is better off with an open keyboard.
      set_command_byte(ram_[0] | kSystemFlag);
      return answer(kSelfTestPassed);
    case 0xAD:
      return set_command_byte(ram_[0] | kKeyboardDisabled);
    case 0xAE:
      return set_command_byte(static_cast<std::uint8_t>(ram_[0] & ~kKeyboardDisabled));
    case 0xC0:
      return answer(kInputPort);
    case 0xC1:
    case 0xC2:
      polled_nibble_ = value;
      return;
    case 0xCA:  // bit 0: PS/2 style interface
      return answer(0x01);
    case 0xD0:
      return answer(output_port());
    case 0xD1:
    case 0xD2:
    case 0xD3:
    case 0xD4:
      pending_command_ = value;
      return;
    case 0xDD:
    case 0xDF:
      return write_a20(value == 0xDF);
    case 0xE0:  // test inputs: the clock lines, low while the controller inhibits a device
      return answer(
          static_cast<std::uint8_t>((keyboard_enabled() ? 1U : 0U) | (mouse_enabled() ? 2U : 0U)));
    default:
      return;
  }
}

void KeyboardController::data(std::uint8_t value) {
  const std::uint8_t command = pending_command_;
  pending_command_ = 0;
  switch (command) {
    case 0x00:  // for the keyboard; the controller opens the interface to send it
      set_command_byte(static_cast<std::uint8_t>(ram_[0] & ~kKeyboardDisabled));
      keyboard_.receive(value);
      if (!keyboard_.has_keys()) release_prefix_ = false;  // the command threw its key away
      return;
    case 0x60:
      return set_command_byte(value);
    case 0xD1:
      return write_output_port(value);
    case 0xD2:
      return fill_output(value, false);
    case 0xD3:
      return fill_output(value, true);
    case 0xD4:
      return mouse_.receive(value);
    default:  // 61h-7Fh
      ram_[command & 0x1F] = value;
      return;
  }
}

std::uint8_t KeyboardController::output_port() const {
  return static_cast<std::uint8_t>(output_latch_ | kPortNotReset | (a20_level_ ? kPortA20 : 0) |
                                   (keyboard_irq.level() ? kPortKeyboardFull : 0) |
                                   (mouse_irq.level() ? kPortMouseFull : 0));
}

void KeyboardController::write_output_port(std::uint8_t value) {
  output_latch_ = value & kPortStored;
  write_a20((value & kPortA20) != 0);
  if ((value & kPortNotReset) == 0 && reset_pulse) reset_pulse();
}

void KeyboardController::write_a20(bool level) {
  if (a20_write) a20_write(level);
}

// ---- output buffer ------------------------------------------------------------------------------

void KeyboardController::fill_output(std::uint8_t value, bool from_mouse) {
  output_ = value;
  output_full_ = true;
  output_from_mouse_ = from_mouse;
  keyboard_irq.set(false);  // a byte that replaces an unread one interrupts again
  mouse_irq.set(false);
  update_irqs();
}

// At once when the buffer is free; else behind the byte that sits there, so that no key is lost.
void KeyboardController::answer(std::uint8_t value) {
  if (!output_full_ && answers_.empty()) return fill_output(value, false);
  if (answers_.room() == 0) answers_.pop();
  answers_.push(value);
  on_device_data();
}

void KeyboardController::update_irqs() {
  keyboard_irq.set(output_full_ && !output_from_mouse_ && (ram_[0] & kKeyboardIrq) != 0);
  mouse_irq.set(output_full_ && output_from_mouse_ && (ram_[0] & kMouseIrq) != 0);
}

void KeyboardController::on_device_data() {
  if (output_full_ || serial_.pending()) return;
  if (!answers_.empty() || keyboard_ready() || mouse_ready()) {
    scheduler_.schedule(serial_, kSerialTime);
  }
}

void KeyboardController::on_serial() {
  if (output_full_) return;  // filled meanwhile; reading it asks again
  if (!answers_.empty()) return fill_output(answers_.pop(), false);
  if (keyboard_ready()) {
    // An answer may come between an F0h and its code, and leaves that pair alone.
    const bool is_key = !keyboard_.has_response();
    std::uint8_t byte = keyboard_.take();
    if ((ram_[0] & kTranslate) != 0) {
      if (is_key && byte == kReleasePrefix) {
        release_prefix_ = true;
        return on_device_data();
      }
      byte = translate_to_set1(byte);
      if (is_key && release_prefix_) byte |= 0x80;
    }
    if (is_key) release_prefix_ = false;
    return fill_output(byte, false);
  }
  if (mouse_ready()) fill_output(mouse_.take(), true);
}

void KeyboardController::serialize(Archive& archive) {
  archive.tag("8042", 1);
  archive(keyboard_irq);
  archive(mouse_irq);
  archive(keyboard_);
  archive(mouse_);
  archive(ram_);
  archive(answers_);
  archive(output_);
  archive(pending_command_);
  archive(polled_nibble_);
  archive(output_latch_);
  archive(output_full_);
  archive(output_from_mouse_);
  archive(last_write_was_command_);
  archive(release_prefix_);
  archive(a20_level_);
}

}  // namespace devices
