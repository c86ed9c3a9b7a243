#include "devices/ata_channel.h"

namespace devices {

AtaChannel::AtaChannel(Scheduler& scheduler, std::string_view name, AtaPorts ports)
    : name_(name),
      ports_(ports),
      drives_{AtaDrive(scheduler, name_ + ".0"), AtaDrive(scheduler, name_ + ".1")} {
  for (AtaDrive& drive : drives_) drive.intrq.connect<&AtaChannel::on_intrq>(*this);
}

void AtaChannel::attach(unsigned device, const AtaDriveConfig& config) {
  drives_[device & 1].attach(config);
}

// The data port alone takes wide cycles: a word at 1F7h is two byte cycles, of which the second
// goes elsewhere.
void AtaChannel::claim_ports(IoPorts& ports) {
  const std::uint16_t base = ports_.command;
  ports.claim(*this, name_, base, base, PortWidth::dword);
  ports.claim(*this, name_, static_cast<std::uint16_t>(base + ata::kErrorFeatures),
              static_cast<std::uint16_t>(base + ata::kStatusCommand));
  ports.claim(*this, name_, ports_.control, ports_.control);
}

void AtaChannel::reset() {
  control_ = 0;
  for (AtaDrive& drive : drives_) {
    drive.begin_reset(true);
    drive.end_reset();
  }
  select(0);
}

void AtaChannel::select(unsigned device) {
  selected_ = device & 1;
  update_irq();
}

// nIEN takes the drive off the interrupt wire; what it has to say is kept. [ATA-4] 7.8
void AtaChannel::update_irq() {
  irq.set(selected().intrq.level() && (control_ & ata::kControlNien) == 0);
}

// Nobody drives the bus: there is no drive, or device 0 is missing and device 1 does not answer for
// it.
bool AtaChannel::floating() const {
  return empty() || (selected_ == 0 && !drives_[0].present());
}

std::uint8_t AtaChannel::drive_address() const {
  if (empty()) return 0x7F;
  const AtaDrive& drive = selected();
  const unsigned head = drive.busy() ? 0U : drive.read_register(ata::kDevice) & ata::kDeviceHead;
  const unsigned select_bits = selected_ == 0 ? 0b10U : 0b01U;
  return static_cast<std::uint8_t>(0x40U | (~head & 0x0FU) << 2 | select_bits);
}

std::uint8_t AtaChannel::read_status() {
  const std::uint8_t status = selected().status();
  selected().intrq.set(false);
  return status;
}

void AtaChannel::write_command(std::uint8_t opcode) {
  if (selected().busy()) return;
  if (opcode != ata::kExecuteDiagnostic) return selected().write_command(opcode);
  // Both run it, device 0 reports and is selected afterwards. [ATA-4] 9.10
  drives_[0].write_command(opcode);
  drives_[1].follow_diagnostic();
  if (!drives_[0].present()) drives_[0].follow_diagnostic();
  select(0);
}

void AtaChannel::write_control(std::uint8_t value) {
  const bool was_reset = (control_ & ata::kControlSrst) != 0;
  const bool is_reset = (value & ata::kControlSrst) != 0;
  control_ = value & (ata::kControlNien | ata::kControlSrst);
  for (AtaDrive& drive : drives_) {
    if (is_reset && !was_reset) drive.begin_reset(false);
    if (!is_reset && was_reset) drive.end_reset();
  }
  if (is_reset) select(0);
  update_irq();
}

std::uint8_t AtaChannel::in8(std::uint16_t port) {
  if (floating()) return 0xFF;
  if (port == ports_.control) return selected().status();
  const auto offset = static_cast<std::uint16_t>(port - ports_.command);
  if (offset == ata::kData) return selected().read_byte();
  if (offset == ata::kStatusCommand) return read_status();
  return selected().read_register(offset);
}

void AtaChannel::out8(std::uint16_t port, std::uint8_t value) {
  if (port == ports_.control) return write_control(value);
  const auto offset = static_cast<std::uint16_t>(port - ports_.command);
  if (offset == ata::kData) return selected().write_byte(value);
  if (offset == ata::kStatusCommand) return write_command(value);
  if (selected().busy()) return;
  for (AtaDrive& drive : drives_) drive.write_register(offset, value);
  if (offset == ata::kDevice) select((value & ata::kDeviceDev) != 0 ? 1 : 0);
}

std::uint16_t AtaChannel::in16(std::uint16_t) {
  return floating() ? std::uint16_t{0xFFFF} : selected().read_word();
}

void AtaChannel::out16(std::uint16_t, std::uint16_t value) {
  selected().write_word(value);
}

std::uint32_t AtaChannel::in32(std::uint16_t port) {
  const std::uint32_t low = in16(port);
  return low | std::uint32_t{in16(port)} << 16;
}

void AtaChannel::out32(std::uint16_t port, std::uint32_t value) {
  out16(port, static_cast<std::uint16_t>(value));
  out16(port, static_cast<std::uint16_t>(value >> 16));
}

std::size_t AtaChannel::in_words(std::uint16_t, std::span<std::uint8_t> bytes) {
  return selected().read_words(bytes);
}

std::size_t AtaChannel::out_words(std::uint16_t, std::span<const std::uint8_t> bytes) {
  return selected().write_words(bytes);
}

void AtaChannel::serialize(Archive& archive) {
  archive.tag(name_, 1);
  archive(selected_);
  archive(control_);
  for (AtaDrive& drive : drives_) drive.serialize(archive);
  irq.serialize(archive);
  selected_ &= 1;
}

}  // namespace devices
