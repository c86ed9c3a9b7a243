#include "devices/system_port.h"

namespace devices {

namespace {
constexpr std::uint8_t kTimerGate = 0x01;  // 61h
constexpr std::uint8_t kWritable = 0x0F;
constexpr std::uint8_t kRefresh = 0x10;
constexpr std::uint8_t kTimerOutput = 0x20;
constexpr std::uint8_t kFastReset = 0x01;  // 92h
constexpr std::uint8_t kA20 = 0x02;

// Timer channel 1 asks for a refresh every 18 clocks, 15.085 us.
constexpr std::uint64_t kRefreshClocks = 18;
}  // namespace

SystemPort::SystemPort(Pit& pit) : pit_(pit) {}

void SystemPort::reset() {
  write_port_b(0);
  latches_ = {};
  coprocessor_error_ = false;
  irq13.set(false);
  ignore_error.set(false);
  set_a20(true);
}

void SystemPort::claim_ports(IoPorts& ports) {
  ports.claim(*this, "port b", 0x61, 0x61);
  ports.claim(*this, "post code", 0x80, 0x80);
  ports.claim(*this, "spare latches", 0x84, 0x86);
  ports.claim(*this, "spare latch", 0x88, 0x88);
  ports.claim(*this, "spare latches", 0x8C, 0x8E);
  ports.claim(*this, "port a", 0x92, 0x92);
  ports.claim(*this, "coprocessor latch", 0xF0, 0xF1);
}

void SystemPort::set_coprocessor_error(bool level) {
  if (level && !coprocessor_error_) irq13.set(true);
  coprocessor_error_ = level;
  if (!level) ignore_error.set(false);
}

std::uint8_t SystemPort::in8(std::uint16_t port) {
  switch (port) {
    case 0x61:
      return read_port_b();
    case 0x92:
      return a20.level() ? kA20 : std::uint8_t{0};
    case 0xF0:
    case 0xF1:
      return 0xFF;
    default:
      return latches_[port & 0x0F];
  }
}

void SystemPort::out8(std::uint16_t port, std::uint8_t value) {
  switch (port) {
    case 0x61:
      write_port_b(value);
      break;
    case 0x92:
      set_a20((value & kA20) != 0);
      // The bit reads 0 again at once, so that every 1 written is a rising edge.
      if ((value & kFastReset) != 0 && reset_pulse) reset_pulse();
      break;
    case 0xF0:
    case 0xF1:
      irq13.set(false);
      ignore_error.set(coprocessor_error_);
      break;
    default:
      latches_[port & 0x0F] = value;
      break;
  }
}

std::uint8_t SystemPort::read_port_b() {
  std::uint8_t value = port_b_;
  if (pit_.output(2)) value |= kTimerOutput;
  if ((pit_.last_clocks() / kRefreshClocks & 1) != 0) value |= kRefresh;
  return value;
}

void SystemPort::write_port_b(std::uint8_t value) {
  port_b_ = value & kWritable;
  pit_.set_gate2((value & kTimerGate) != 0);
  if (speaker_data_changed) speaker_data_changed();
}

void SystemPort::serialize(Archive& archive) {
  archive.tag("system ports", 3);
  archive(a20);
  archive(irq13);
  archive(ignore_error);
  archive(port_b_);
  archive(latches_);
  archive(coprocessor_error_);
  if (archive.loading()) port_b_ &= kWritable;
}

}  // namespace devices
