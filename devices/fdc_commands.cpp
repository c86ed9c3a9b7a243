// The command table, and the commands that move no data. Codes and parameter counts: [82077] table
// 5-1, [765] for the scans.
#include <algorithm>
#include <cstdlib>

#include "devices/fdc.h"
#include "devices/fdc_registers.h"

namespace devices {

using namespace fdc;

namespace {
constexpr std::uint8_t kVersion = 0x90;                  // an enhanced controller
constexpr unsigned kRecalibrateSteps = 79;               // then it gives up, [82077] 5.2.1
constexpr Nanoseconds kCommandTime = 50 * kMicrosecond;  // a seek that needs no step
}  // namespace

// MT, MFM and SK are bits 7, 6 and 5 where a command has them; the mask leaves them out.
struct FloppyController::CommandRow {
  std::uint8_t mask;
  std::uint8_t code;
  std::uint8_t parameters;
  Handler handler;
};

const FloppyController::CommandRow* FloppyController::find_command(std::uint8_t opcode) {
  // clang-format off
  static constexpr CommandRow commands[] = {
    {0x1F, 0x06, 8, &FloppyController::read_data_command},
    {0x1F, 0x0C, 8, &FloppyController::read_data_command},     // deleted data
    {0x3F, 0x05, 8, &FloppyController::write_data_command},
    {0x3F, 0x09, 8, &FloppyController::write_data_command},    // deleted data
    {0x9F, 0x02, 8, &FloppyController::read_track},
    {0x1F, 0x16, 8, &FloppyController::verify},
    {0xBF, 0x0D, 5, &FloppyController::format_track},
    {0xBF, 0x0A, 1, &FloppyController::read_id},
    {0x1F, 0x11, 8, &FloppyController::scan},                  // equal
    {0x1F, 0x19, 8, &FloppyController::scan},                  // low or equal
    {0x1F, 0x1D, 8, &FloppyController::scan},                  // high or equal
    {0xFF, 0x07, 1, &FloppyController::recalibrate},
    {0xFF, 0x08, 0, &FloppyController::sense_interrupt},
    {0xFF, 0x03, 2, &FloppyController::specify},
    {0xFF, 0x04, 1, &FloppyController::sense_drive},
    {0xFF, 0x0F, 2, &FloppyController::seek},
    {0xBF, 0x8F, 2, &FloppyController::seek_relative},
    {0xFF, 0x10, 0, &FloppyController::version},
    {0xFF, 0x0E, 0, &FloppyController::dump_registers},
    {0xFF, 0x13, 3, &FloppyController::configure},
    {0xFF, 0x12, 1, &FloppyController::perpendicular},
    {0x7F, 0x14, 0, &FloppyController::lock},
  };
  // clang-format on
  const auto* const row = std::ranges::find_if(
      commands, [&](const CommandRow& entry) { return (opcode & entry.mask) == entry.code; });
  return row == std::end(commands) ? nullptr : row;
}

void FloppyController::run_command() {
  const CommandRow* row = find_command(command_[0]);
  if (row == nullptr) return invalid();
  if (command_length_ <= row->parameters) return;
  phase_ = Phase::execution;
  (this->*row->handler)();
}

void FloppyController::invalid() {
  const std::array<std::uint8_t, 1> result{kSt0Invalid};
  finish(result);
}

void FloppyController::specify() {
  specify_ = {command_[1], command_[2]};
  finish_silently();
}

void FloppyController::sense_drive() {
  const FloppyDrive& drive = drives_[command_[1] & kDorDriveMask];
  const std::array<std::uint8_t, 1> result{static_cast<std::uint8_t>(
      (command_[1] & 0x07) | kSt3Ready | kSt3TwoSided | (drive.at_track0() ? kSt3Track0 : 0) |
      (drive.write_protected() ? kSt3WriteProtected : 0))};
  finish(result);
}

// Statuses of the polling after a reset, then of the drives whose seek has ended, lowest first.
void FloppyController::sense_interrupt() {
  if (reset_senses_ != 0) {
    const auto drive = static_cast<std::uint8_t>(kDriveCount - reset_senses_);
    --reset_senses_;
    lower_interrupt();
    const std::array<std::uint8_t, 2> result{static_cast<std::uint8_t>(kSt0Polling | drive),
                                             cylinder_number_[drive]};
    return finish(result);
  }
  auto* const status =
      std::ranges::find_if(seek_status_, [](std::uint8_t value) { return value != 0; });
  if (status == seek_status_.end()) return invalid();
  const auto drive = static_cast<std::size_t>(status - seek_status_.begin());
  const std::array<std::uint8_t, 2> result{*status, cylinder_number_[drive]};
  *status = 0;
  lower_interrupt();
  if (std::ranges::any_of(seek_status_, [](std::uint8_t value) { return value != 0; })) {
    raise_interrupt();  // another drive has ended too: a new edge
  }
  finish(result);
}

// ---- seeks --------------------------------------------------------------------------------------

// SRT counts in units of the data rate: 16 - SRT ms at 500 kbit/s, [82077] table 5-8.
Nanoseconds FloppyController::step_time() const {
  const unsigned units = 16U - (specify_[0] >> 4);
  return units * kMillisecond * 500 / kilobits(rate_);
}

void FloppyController::recalibrate() {
  start_seek(command_[1] & kDorDriveMask, 0, true);
}

void FloppyController::seek() {
  start_seek(command_[1] & kDorDriveMask, command_[2], false);
}

void FloppyController::seek_relative() {
  const unsigned drive = command_[1] & kDorDriveMask;
  const bool inward = (command_[0] & 0x40) != 0;
  const int from = cylinder_number_[drive];
  const int target = inward ? from + command_[2] : from - command_[2];
  start_seek(drive, static_cast<unsigned>(std::clamp(target, 0, 0xFF)), false);
}

// Seeks of several drives overlap; a second one of the same drive takes the place of the first.
void FloppyController::start_seek(unsigned drive, unsigned target, bool recalibrating) {
  const int position = static_cast<int>(drives_[drive].position());
  if (recalibrating) {
    target = static_cast<unsigned>(std::max(position - static_cast<int>(kRecalibrateSteps), 0));
  }
  auto steps = static_cast<unsigned>(std::abs(static_cast<int>(target) - position));
  if (recalibrating && !drives_[drive].present()) steps = kRecalibrateSteps;
  seek_target_[drive] = static_cast<std::uint8_t>(target);
  recalibrating_[drive] = recalibrating;
  seek_status_[drive] = 0;
  scheduler_.schedule(seek_done_[drive], kCommandTime + steps * step_time());
  finish_silently();
}

void FloppyController::complete_seek(unsigned drive) {
  FloppyDrive& mechanics = drives_[drive];
  const bool recalibrating = recalibrating_[drive];
  unsigned status = kSt0SeekEnd | drive;
  if (!mechanics.present() || !mechanics.motor()) {
    status |= kSt0Abnormal | kSt0EquipmentCheck;
  } else {
    mechanics.step_to(seek_target_[drive]);
    cylinder_number_[drive] = recalibrating ? 0 : seek_target_[drive];
    if (recalibrating && !mechanics.at_track0()) status |= kSt0Abnormal | kSt0EquipmentCheck;
  }
  seek_status_[drive] = static_cast<std::uint8_t>(status);
  raise_interrupt();
}

// ---- identity and configuration -----------------------------------------------------------------

void FloppyController::version() {
  const std::array<std::uint8_t, 1> result{kVersion};
  finish(result);
}

void FloppyController::dump_registers() {
  const std::array<std::uint8_t, kResultBytes> result{
      cylinder_number_[0], cylinder_number_[1],
      cylinder_number_[2], cylinder_number_[3],
      specify_[0],         specify_[1],
      last_eot_,           static_cast<std::uint8_t>((locked_ ? 0x80 : 0) | perpendicular_),
      configuration_,      precompensation_};
  finish(result);
}

void FloppyController::configure() {
  configuration_ = command_[2] & 0x7F;
  precompensation_ = command_[3];
  finish_silently();
}

// OW lets the drive bits through; GAP and WGATE always change.
void FloppyController::perpendicular() {
  const bool overwrite = (command_[1] & 0x80) != 0;
  perpendicular_ = static_cast<std::uint8_t>(
      overwrite ? command_[1] & 0x3F : (perpendicular_ & 0x3C) | (command_[1] & 0x03));
  finish_silently();
}

void FloppyController::lock() {
  locked_ = (command_[0] & 0x80) != 0;
  const std::array<std::uint8_t, 1> result{static_cast<std::uint8_t>(locked_ ? 0x10 : 0x00)};
  finish(result);
}

}  // namespace devices
