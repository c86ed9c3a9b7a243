#include "devices/serial.h"

#include <algorithm>
#include <utility>

namespace devices {

namespace {
constexpr std::uint64_t kClock = 1843200;  // Hz, 16 per bit at divisor 1

// [16550] table II: register addresses; 0 and 1 are the divisor while DLAB is set.
enum Register : std::uint8_t {
  kData,
  kInterruptEnable,
  kInterruptId,  // write: FIFO control
  kLineControl,
  kModemControl,
  kLineStatus,
  kModemStatus,
  kScratch
};

constexpr std::uint8_t kEnableReceived = 0x01;  // IER
constexpr std::uint8_t kEnableHoldingEmpty = 0x02;
constexpr std::uint8_t kEnableLineStatus = 0x04;
constexpr std::uint8_t kEnableModemStatus = 0x08;

constexpr std::uint8_t kIdNone = 0x01;  // IIR, [16550] table IV
constexpr std::uint8_t kIdModemStatus = 0x00;
constexpr std::uint8_t kIdHoldingEmpty = 0x02;
constexpr std::uint8_t kIdReceived = 0x04;
constexpr std::uint8_t kIdLineStatus = 0x06;
constexpr std::uint8_t kIdTimeout = 0x0C;
constexpr std::uint8_t kIdFifosEnabled = 0xC0;

constexpr std::uint8_t kFifoEnable = 0x01;  // FCR
constexpr std::uint8_t kFifoClearReceiver = 0x02;
constexpr std::uint8_t kFifoClearTransmitter = 0x04;
constexpr std::array<std::uint8_t, 4> kTriggers{1, 4, 8, 14};

constexpr std::uint8_t kWordLength = 0x03;  // LCR
constexpr std::uint8_t kLongStop = 0x04;
constexpr std::uint8_t kParity = 0x08;
constexpr std::uint8_t kBreak = 0x40;
constexpr std::uint8_t kDivisorLatch = 0x80;

constexpr std::uint8_t kDtr = 0x01;  // MCR
constexpr std::uint8_t kRts = 0x02;
constexpr std::uint8_t kOut1 = 0x04;
constexpr std::uint8_t kOut2 = 0x08;
constexpr std::uint8_t kLoopback = 0x10;

constexpr std::uint8_t kDataReady = 0x01;  // LSR
constexpr std::uint8_t kOverrun = 0x02;
constexpr std::uint8_t kBreakInterrupt = 0x10;
constexpr std::uint8_t kLineErrors = 0x1E;
constexpr std::uint8_t kHoldingEmpty = 0x20;
constexpr std::uint8_t kTransmitterEmpty = 0x40;
constexpr std::uint8_t kFifoError = 0x80;

constexpr std::uint8_t kCts = 0x10;  // MSR; the changes are these shifted right by 4
constexpr std::uint8_t kDsr = 0x20;
constexpr std::uint8_t kRing = 0x40;
constexpr std::uint8_t kDcd = 0x80;
constexpr std::uint8_t kModemInputs = 0xF0;
constexpr std::uint8_t kModemChanges = 0x0F;
}  // namespace

SerialPort::SerialPort(Scheduler& scheduler, std::string name, std::uint16_t base)
    : scheduler_(scheduler),
      name_(std::move(name)),
      transmit_name_(name_ + ".transmit"),
      receive_name_(name_ + ".receive"),
      timeout_name_(name_ + ".timeout"),
      base_(base),
      transmit_event_(scheduler, transmit_name_,
                      Delegate<void()>::to<&SerialPort::character_sent>(*this)),
      receive_event_(scheduler, receive_name_,
                     Delegate<void()>::to<&SerialPort::character_arrived>(*this)),
      timeout_event_(scheduler, timeout_name_,
                     Delegate<void()>::to<&SerialPort::reader_is_late>(*this)) {}

void SerialPort::reset() {
  received_.clear();
  waiting_.clear();
  interrupt_enable_ = line_control_ = modem_control_ = errors_ = 0;
  trigger_ = 1;
  transmitting_ = fifo_enabled_ = holding_empty_pending_ = timeout_pending_ = false;
  modem_status_ = peer_lines_;
  for (Event* event : {&transmit_event_, &receive_event_, &timeout_event_}) {
    scheduler_.cancel(*event);
  }
  start_receiver();
  update_irq();
}

void SerialPort::claim_ports(IoPorts& ports) {
  ports.claim(*this, name_, base_, static_cast<std::uint16_t>(base_ + 7));
}

bool SerialPort::divisor_selected() const {
  return (line_control_ & kDivisorLatch) != 0;
}
bool SerialPort::loopback() const {
  return (modem_control_ & kLoopback) != 0;
}

std::uint8_t SerialPort::data_mask() const {
  return static_cast<std::uint8_t>(0x1F << (line_control_ & kWordLength) | 0x1F);
}

// In half bits, because five data bits go with one and a half stop bits. Divisor 0 divides by
// 65536.
Nanoseconds SerialPort::character_time() const {
  const unsigned data = 5u + (line_control_ & kWordLength);
  const bool parity = (line_control_ & kParity) != 0;
  const unsigned stop = (line_control_ & kLongStop) == 0 ? 2 : data == 5 ? 3 : 4;
  const std::uint64_t half_bits = 2 * (1 + data + (parity ? 1 : 0)) + stop;
  const std::uint64_t divisor = divisor_ == 0 ? 65536 : divisor_;
  return half_bits * 8 * divisor * kSecond / kClock;
}

std::uint8_t SerialPort::in8(std::uint16_t port) {
  switch (port & 7) {
    case kData:
      return divisor_selected() ? static_cast<std::uint8_t>(divisor_) : read_data();
    case kInterruptEnable:
      return divisor_selected() ? static_cast<std::uint8_t>(divisor_ >> 8) : interrupt_enable_;
    case kInterruptId:
      return read_interrupt_id();
    case kLineControl:
      return line_control_;
    case kModemControl:
      return modem_control_;
    case kLineStatus:
      return read_line_status();
    case kModemStatus:
      return read_modem_status();
    default:
      return scratch_;
  }
}

void SerialPort::out8(std::uint16_t port, std::uint8_t value) {
  switch (port & 7) {
    case kData:
      if (!divisor_selected()) return write_data(value);
      divisor_ = static_cast<std::uint16_t>((divisor_ & 0xFF00) | value);
      break;
    case kInterruptEnable:
      if (!divisor_selected()) return write_interrupt_enable(value);
      divisor_ = static_cast<std::uint16_t>((divisor_ & 0x00FF) | value << 8);
      break;
    case kInterruptId:
      return write_fifo_control(value);
    case kLineControl:
      return write_line_control(value);
    case kModemControl:
      return write_modem_control(value);
    case kScratch:
      scratch_ = value;
      break;
    default:  // the status registers are for factory tests
      break;
  }
}

std::uint8_t SerialPort::read_data() {
  timeout_pending_ = false;
  if (!received_.empty()) {
    last_received_ = received_.pop();
    restart_timeout();
    start_receiver();
  }
  update_irq();
  return last_received_;
}

void SerialPort::write_data(std::uint8_t value) {
  holding_empty_pending_ = false;
  update_irq();
  if (waiting_.size() >= depth()) {
    if (fifo_enabled_) return;  // full: lost
    waiting_.clear();
  }
  waiting_.push(value);
  start_transmitter();
}

// Moves the next character into the shift register.
void SerialPort::start_transmitter() {
  if (transmitting_ || waiting_.empty()) return;
  shifting_ = waiting_.pop();
  transmitting_ = true;
  scheduler_.schedule(transmit_event_, character_time());
  if (waiting_.empty()) {
    holding_empty_pending_ = true;
    update_irq();
  }
}

void SerialPort::character_sent() {
  transmitting_ = false;
  const auto value = static_cast<std::uint8_t>(shifting_ & data_mask());
  if ((line_control_ & kBreak) == 0) {
    if (loopback()) {
      receive(value);
    } else if (transmitted) {
      transmitted(value);
    }
  }
  start_transmitter();
}

void SerialPort::receive(std::uint8_t value) {
  if (received_.size() >= depth()) {
    errors_ |= kOverrun;
    if (!fifo_enabled_) {
      received_.clear();
      received_.push(value);
    }
  } else {
    received_.push(value);
  }
  restart_timeout();
  update_irq();
}

std::size_t SerialPort::feed(std::span<const std::uint8_t> bytes) {
  const std::size_t taken = std::min(bytes.size(), wire_.room());
  for (const std::uint8_t byte : bytes.first(taken)) wire_.push(byte);
  start_receiver();
  return taken;
}

void SerialPort::start_receiver() {
  if (receive_event_.pending() || wire_.empty() || loopback()) return;
  if (received_.size() < depth()) scheduler_.schedule(receive_event_, character_time());
}

void SerialPort::character_arrived() {
  if (loopback() || received_.size() >= depth()) return;
  receive(static_cast<std::uint8_t>(wire_.pop() & data_mask()));
  start_receiver();
}

// [16550] "FIFO interrupt mode operation": four characters of silence with unread data.
void SerialPort::restart_timeout() {
  if (!fifo_enabled_ || received_.empty()) return scheduler_.cancel(timeout_event_);
  scheduler_.schedule(timeout_event_, 4 * character_time());
}

void SerialPort::reader_is_late() {
  timeout_pending_ = true;
  update_irq();
}

void SerialPort::write_interrupt_enable(std::uint8_t value) {
  const bool opens = (value & ~interrupt_enable_ & kEnableHoldingEmpty) != 0;
  interrupt_enable_ = value & 0x0F;
  if (opens && waiting_.empty()) holding_empty_pending_ = true;
  update_irq();
}

void SerialPort::write_fifo_control(std::uint8_t value) {
  const bool enable = (value & kFifoEnable) != 0;
  const bool changes = enable != fifo_enabled_;
  fifo_enabled_ = enable;
  if (changes || (enable && (value & kFifoClearReceiver) != 0)) {
    received_.clear();
    timeout_pending_ = false;
    scheduler_.cancel(timeout_event_);
  }
  if ((changes || (enable && (value & kFifoClearTransmitter) != 0)) && !waiting_.empty()) {
    waiting_.clear();
    holding_empty_pending_ = true;
  }
  if (enable) trigger_ = kTriggers[value >> 6];
  start_receiver();
  update_irq();
}

void SerialPort::write_line_control(std::uint8_t value) {
  const bool break_begins = (value & ~line_control_ & kBreak) != 0;
  line_control_ = value;
  if (break_begins && loopback()) {
    errors_ |= kBreakInterrupt;
    receive(0);
  }
}

void SerialPort::write_modem_control(std::uint8_t value) {
  modem_control_ = value & 0x1F;
  follow_modem_inputs();
  start_receiver();
  update_irq();
}

void SerialPort::set_modem_lines(const ModemLines& lines) {
  peer_lines_ = static_cast<std::uint8_t>(
      (lines.clear_to_send ? kCts : 0) | (lines.data_set_ready ? kDsr : 0) |
      (lines.ring ? kRing : 0) | (lines.carrier_detect ? kDcd : 0));
  follow_modem_inputs();
  update_irq();
}

// [16550] "Modem Control Register" bit 4: in loopback the outputs stand in for the inputs.
std::uint8_t SerialPort::modem_inputs() const {
  if (!loopback()) return peer_lines_;
  return static_cast<std::uint8_t>(
      ((modem_control_ & kRts) != 0 ? kCts : 0) | ((modem_control_ & kDtr) != 0 ? kDsr : 0) |
      ((modem_control_ & kOut1) != 0 ? kRing : 0) | ((modem_control_ & kOut2) != 0 ? kDcd : 0));
}

// Every change counts, of the ring indicator only its end.
void SerialPort::follow_modem_inputs() {
  const std::uint8_t inputs = modem_inputs();
  const unsigned was = modem_status_ & kModemInputs;
  const unsigned changed = (was ^ inputs) & ~(inputs & kRing);
  modem_status_ =
      static_cast<std::uint8_t>((modem_status_ & kModemChanges) | inputs | changed >> 4);
}

std::uint8_t SerialPort::read_modem_status() {
  const std::uint8_t value = modem_status_;
  modem_status_ &= kModemInputs;
  update_irq();
  return value;
}

std::uint8_t SerialPort::line_status() const {
  unsigned value = errors_;
  if (!received_.empty()) value |= kDataReady;
  if (waiting_.empty()) value |= kHoldingEmpty;
  if (waiting_.empty() && !transmitting_) value |= kTransmitterEmpty;
  if (fifo_enabled_ && (errors_ & kBreakInterrupt) != 0) value |= kFifoError;
  return static_cast<std::uint8_t>(value);
}

std::uint8_t SerialPort::read_line_status() {
  const std::uint8_t value = line_status();
  errors_ = 0;
  update_irq();
  return value;
}

// The pending interrupt of highest priority.
std::uint8_t SerialPort::interrupt_id() const {
  if ((interrupt_enable_ & kEnableLineStatus) != 0 && (errors_ & kLineErrors) != 0) {
    return kIdLineStatus;
  }
  if ((interrupt_enable_ & kEnableReceived) != 0) {
    if (received_.size() >= (fifo_enabled_ ? trigger_ : 1u)) return kIdReceived;
    if (timeout_pending_) return kIdTimeout;
  }
  if ((interrupt_enable_ & kEnableHoldingEmpty) != 0 && holding_empty_pending_) {
    return kIdHoldingEmpty;
  }
  if ((interrupt_enable_ & kEnableModemStatus) != 0 && (modem_status_ & kModemChanges) != 0) {
    return kIdModemStatus;
  }
  return kIdNone;
}

std::uint8_t SerialPort::read_interrupt_id() {
  const std::uint8_t id = interrupt_id();
  if (id == kIdHoldingEmpty) {
    holding_empty_pending_ = false;
    update_irq();
  }
  return static_cast<std::uint8_t>(fifo_enabled_ ? id | kIdFifosEnabled : id);
}

// In loopback the OUT2 pin is inactive, and with it the IRQ driver.
void SerialPort::update_irq() {
  const bool driven = (modem_control_ & kOut2) != 0 && !loopback();
  irq.set(driven && interrupt_id() != kIdNone);
}

void SerialPort::serialize(Archive& archive) {
  archive.tag(name_, 1);
  archive(irq);
  archive(received_);
  archive(waiting_);
  archive(wire_);
  archive(divisor_);
  archive(interrupt_enable_);
  archive(line_control_);
  archive(modem_control_);
  archive(modem_status_);
  archive(errors_);
  archive(scratch_);
  archive(trigger_);
  archive(last_received_);
  archive(shifting_);
  archive(peer_lines_);
  archive(transmitting_);
  archive(fifo_enabled_);
  archive(holding_empty_pending_);
  archive(timeout_pending_);
}

}  // namespace devices
