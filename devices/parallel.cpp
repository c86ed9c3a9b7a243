#include "devices/parallel.h"

#include <utility>

namespace devices {

namespace {
constexpr std::uint8_t kStrobe = 0x01;      // control
constexpr std::uint8_t kInitialize = 0x04;  // low active at the connector: 0 resets the printer
constexpr std::uint8_t kSelect = 0x08;
constexpr std::uint8_t kIrqEnable = 0x10;
constexpr std::uint8_t kInput = 0x20;
constexpr std::uint8_t kControlBits = 0x3F;
constexpr std::uint8_t kControlUnused = 0xC0;

constexpr std::uint8_t kNotBusy = 0x80;  // status
constexpr std::uint8_t kNotAcknowledge = 0x40;
constexpr std::uint8_t kIdle = 0xDF;       // not busy, no acknowledge, paper, selected, no error
constexpr std::uint8_t kNoPrinter = 0x7F;  // open inputs are high; busy is inverted
}  // namespace

ParallelPort::ParallelPort(Scheduler& scheduler, std::string name, std::uint16_t base)
    : scheduler_(scheduler),
      name_(std::move(name)),
      event_name_(name_ + ".handshake"),
      base_(base),
      handshake_event_(scheduler, event_name_,
                       Delegate<void()>::to<&ParallelPort::next_step>(*this)) {}

void ParallelPort::reset() {
  scheduler_.cancel(handshake_event_);
  handshake_ = Handshake::idle;
  data_ = control_ = 0;
  irq.set(false);
}

void ParallelPort::claim_ports(IoPorts& ports) {
  ports.claim(*this, name_, base_, static_cast<std::uint16_t>(base_ + 2));
}

std::uint8_t ParallelPort::in8(std::uint16_t port) {
  switch (port - base_) {
    case 0:
      return (control_ & kInput) != 0 ? std::uint8_t{0xFF} : data_;
    case 1:
      return read_status();
    default:
      return control_ | kControlUnused;
  }
}

void ParallelPort::out8(std::uint16_t port, std::uint8_t value) {
  if (port == base_) {
    data_ = value;
  } else if (port - base_ == 2) {
    write_control(value);
  }
}

std::uint8_t ParallelPort::read_status() {
  irq.set(false);
  if (!printer) return kNoPrinter;
  switch (handshake_) {
    case Handshake::busy:
      return kIdle & static_cast<std::uint8_t>(~kNotBusy);
    case Handshake::acknowledge:
      return kIdle & static_cast<std::uint8_t>(~kNotAcknowledge);
    case Handshake::idle:
      break;
  }
  return kIdle;
}

void ParallelPort::write_control(std::uint8_t value) {
  const bool strobed = (value & ~control_ & kStrobe) != 0;
  control_ = value & kControlBits;
  if ((control_ & kIrqEnable) == 0) irq.set(false);
  const bool listening =
      (control_ & (kInitialize | kSelect)) == (kInitialize | kSelect) && (control_ & kInput) == 0;
  if (!strobed || !listening || !printer || handshake_ == Handshake::busy) return;
  irq.set(false);
  printer(data_);
  handshake_ = Handshake::busy;
  scheduler_.schedule(handshake_event_, kBusyTime);
}

void ParallelPort::next_step() {
  if (handshake_ == Handshake::busy) {
    handshake_ = Handshake::acknowledge;
    scheduler_.schedule(handshake_event_, kAcknowledgeTime);
  } else {
    handshake_ = Handshake::idle;
    if ((control_ & kIrqEnable) != 0) irq.set(true);
  }
}

void ParallelPort::serialize(Archive& archive) {
  archive.tag(name_, 1);
  archive(irq);
  archive(handshake_);
  archive(data_);
  archive(control_);
  if (!archive.loading()) return;
  control_ &= kControlBits;
  if (handshake_ > Handshake::acknowledge) throw ArchiveError("state: printer handshake");
}

}  // namespace devices
