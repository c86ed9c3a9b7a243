#include "devices/fdc.h"

#include <algorithm>
#include <utility>

#include "devices/fdc_registers.h"

namespace devices {

using namespace fdc;

namespace {
constexpr Nanoseconds kResetTime = 250 * kMicrosecond;
// SPECIFY before anybody has sent one: 6 ms steps, DMA. The chip leaves it undefined.
constexpr std::array<std::uint8_t, 2> kPowerOnSpecify{0xAF, 0x02};
constexpr std::uint8_t kUnusedAtaBits = 0x7F;
}  // namespace

FloppyController::FloppyController(Scheduler& scheduler)
    : scheduler_(scheduler),
      reset_done_(scheduler, "fdc.reset",
                  Delegate<void()>::to<&FloppyController::on_reset_done>(*this)),
      execute_(scheduler, "fdc.execute",
               Delegate<void()>::to<&FloppyController::on_execute>(*this)),
      seek_done_{{{scheduler, "fdc.seek0",
                   Delegate<void()>::to<&FloppyController::on_seek_done<0>>(*this)},
                  {scheduler, "fdc.seek1",
                   Delegate<void()>::to<&FloppyController::on_seek_done<1>>(*this)},
                  {scheduler, "fdc.seek2",
                   Delegate<void()>::to<&FloppyController::on_seek_done<2>>(*this)},
                  {scheduler, "fdc.seek3",
                   Delegate<void()>::to<&FloppyController::on_seek_done<3>>(*this)}}} {
  reset();
}

void FloppyController::claim_ports(IoPorts& ports) {
  ports.claim(*this, "floppy controller", kFirstPort, kData);
  ports.claim(*this, "floppy controller", kDigitalInput, kDigitalInput);
}

void FloppyController::reset() {
  locked_ = false;
  enter_reset();
  dor_ = 0;
  for (FloppyDrive& drive : drives_) drive.reset();
  tape_drive_ = 0;
  data_rate_select_ = 0;
  rate_ = DataRate::kbps500;
  rate_chosen_ = false;
  specify_ = kPowerOnSpecify;
  perpendicular_ = 0;
  last_eot_ = 0;
}

// ---- drives -------------------------------------------------------------------------------------

void FloppyController::set_drive_type(unsigned drive, FloppyDriveType type) {
  drives_[drive % kDriveCount].set_type(type);
}

void FloppyController::insert(unsigned drive, std::shared_ptr<storage::BlockDevice> image,
                              const FloppyFormat& format) {
  drives_[drive % kDriveCount].insert(std::move(image), format);
  resume_if_stalled();
}

std::shared_ptr<storage::BlockDevice> FloppyController::eject(unsigned drive) {
  return drives_[drive % kDriveCount].eject();
}

FloppyController::Activity FloppyController::activity(unsigned drive) const {
  if (drive >= kDriveCount) return Activity::idle;
  if (seek_done_[drive].pending()) return Activity::seeking;
  if (phase_ != Phase::execution || transfer_.drive != drive || stalled_) return Activity::idle;
  return writes() ? Activity::writing : Activity::reading;
}

// ---- ports --------------------------------------------------------------------------------------

std::uint8_t FloppyController::in8(std::uint16_t port) {
  switch (port) {
    case kDigitalOutput:
      return dor_;
    case kTapeDrive:
      return static_cast<std::uint8_t>(0xFC | tape_drive_);
    case kMainStatus:
      return main_status();
    case kData:
      return read_data();
    case kDigitalInput:
      return read_digital_input();
    default:  // status registers A and B exist in PS/2 mode only
      return 0xFF;
  }
}

void FloppyController::out8(std::uint16_t port, std::uint8_t value) {
  switch (port) {
    case kDigitalOutput:
      return write_digital_output(value);
    case kTapeDrive:
      tape_drive_ = value & 3;
      return;
    case kMainStatus:
      data_rate_select_ = value & 0x7F;
      write_data_rate(value);
      if ((value & kDsrReset) != 0 && (dor_ & kDorNotReset) != 0) {
        enter_reset();
        leave_reset();
      }
      return;
    case kData:
      return write_data(value);
    case kDigitalInput:
      return write_data_rate(value);
    default:
      return;
  }
}

std::uint8_t FloppyController::main_status() const {
  unsigned status = 0;
  switch (phase_) {
    case Phase::reset:
      return 0;
    case Phase::idle:
      status = kMsrRequest;
      break;
    case Phase::command:
      status = kMsrRequest | kMsrBusy;
      break;
    case Phase::execution:
      status = kMsrBusy;
      if (non_dma() && moves_data()) status |= kMsrNonDma;
      if (host_bytes_ != HostBytes::none && cursor_ < burst_end_) {
        status |= kMsrRequest;
        if (host_bytes_ == HostBytes::to_host) status |= kMsrToHost;
      }
      break;
    case Phase::result:
      status = kMsrRequest | kMsrToHost | kMsrBusy;
      break;
  }
  for (unsigned drive = 0; drive < kDriveCount; ++drive) {
    if (seek_done_[drive].pending()) status |= 1U << drive;
  }
  return static_cast<std::uint8_t>(status);
}

// The change line is the selected drive's, and a drive with its motor off drives nothing.
std::uint8_t FloppyController::read_digital_input() const {
  const FloppyDrive& selected = drives_[dor_ & kDorDriveMask];
  const std::uint8_t ata = ata_drive_address ? ata_drive_address() : kUnusedAtaBits;
  const bool changed = selected.motor() && selected.disk_changed();
  return static_cast<std::uint8_t>((changed ? kDirDiskChange : 0) | (ata & kUnusedAtaBits));
}

void FloppyController::write_data_rate(std::uint8_t value) {
  rate_ = static_cast<DataRate>(value & 3);
  rate_chosen_ = true;
}

void FloppyController::write_digital_output(std::uint8_t value) {
  const std::uint8_t before = std::exchange(dor_, value);
  for (unsigned drive = 0; drive < kDriveCount; ++drive) {
    drives_[drive].set_motor(((value >> (kDorMotorShift + drive)) & 1) != 0);
  }
  if ((value & kDorNotReset) == 0) {
    enter_reset();
  } else if ((before & kDorNotReset) == 0) {
    leave_reset();
  }
  update_irq();
  resume_if_stalled();
}

std::uint8_t FloppyController::read_data() {
  if (phase_ == Phase::execution) return take_host_byte();
  if (phase_ != Phase::result || result_position_ >= result_length_) return 0;
  if (result_position_ == 0 && result_interrupts_) lower_interrupt();
  const std::uint8_t value = result_[result_position_++];
  if (result_position_ == result_length_) phase_ = Phase::idle;
  return value;
}

void FloppyController::write_data(std::uint8_t value) {
  switch (phase_) {
    case Phase::idle:
      phase_ = Phase::command;
      command_length_ = 0;
      [[fallthrough]];
    case Phase::command:
      if (command_length_ < command_.size()) command_[command_length_++] = value;
      return run_command();
    case Phase::execution:
      return put_host_byte(value);
    case Phase::reset:
    case Phase::result:
      return;
  }
}

// ---- reset, phases, interrupt -------------------------------------------------------------------

// [82077] 4.7: what a software reset leaves is SPECIFY, the data rate, and under LOCK the FIFO.
void FloppyController::enter_reset() {
  scheduler_.cancel(reset_done_);
  scheduler_.cancel(execute_);
  for (Event& event : seek_done_) scheduler_.cancel(event);
  phase_ = Phase::reset;
  command_length_ = result_length_ = result_position_ = 0;
  transfer_ = {};
  stalled_ = false;
  host_bytes_ = HostBytes::none;
  unit_size_ = cursor_ = burst_end_ = 0;
  reset_senses_ = 0;
  seek_status_ = {};
  cylinder_number_ = {};
  if (locked_) {
    configuration_ &= kConfigFifoOff | kConfigThreshold;
  } else {
    configuration_ = kConfigFifoOff;
    precompensation_ = 0;
  }
  perpendicular_ &= 0x3C;
  lower_interrupt();
}

void FloppyController::leave_reset() {
  scheduler_.schedule(reset_done_, kResetTime);
}

// Polling finds four drives whose ready line has changed: one interrupt, four statuses to fetch.
void FloppyController::on_reset_done() {
  phase_ = Phase::idle;
  if ((configuration_ & kConfigPollingOff) != 0) return;
  raise_interrupt();
  reset_senses_ = kDriveCount;
}

// The next interrupt drops polling statuses that nobody has fetched: ROMs ask for one of the four
// and then expect the status of their RECALIBRATE.
void FloppyController::raise_interrupt() {
  reset_senses_ = 0;
  interrupt_ = true;
  update_irq();
}

void FloppyController::lower_interrupt() {
  interrupt_ = false;
  update_irq();
}

void FloppyController::update_irq() {
  irq.set(interrupt_ && (dor_ & kDorGate) != 0);
}

void FloppyController::finish(std::span<const std::uint8_t> result) {
  const std::size_t length = std::min(result.size(), result_.size());
  std::copy_n(result.begin(), length, result_.begin());
  result_length_ = static_cast<std::uint8_t>(length);
  result_position_ = 0;
  result_interrupts_ = false;
  phase_ = Phase::result;
}

void FloppyController::finish_silently() {
  phase_ = Phase::idle;
}

// ---- state --------------------------------------------------------------------------------------

void FloppyController::Transfer::serialize(Archive& archive) {
  archive(command);
  for (std::uint8_t* byte : {&drive, &head, &c, &h, &r, &n, &eot, &count, &stride, &fill}) {
    archive(*byte);
  }
  for (bool* flag : {&multi_track, &skip, &mfm, &deleted, &counted}) archive(*flag);
  drive &= 3;
  head &= 1;
  for (std::uint8_t* byte : {&st0, &st1, &st2}) archive(*byte);
}

void FloppyController::serialize(Archive& archive) {
  archive.tag("fdc", 1);
  archive(irq);
  for (FloppyDrive& drive : drives_) archive(drive);
  archive(phase_);
  archive(command_);
  archive(command_length_);
  archive(result_);
  archive(result_length_);
  archive(result_position_);
  archive(dor_);
  archive(tape_drive_);
  archive(data_rate_select_);
  archive(rate_);
  archive(rate_chosen_);
  archive(interrupt_);
  archive(result_interrupts_);
  archive(reset_senses_);
  archive(seek_status_);
  archive(seek_target_);
  archive(cylinder_number_);
  archive(recalibrating_);
  archive(specify_);
  archive(configuration_);
  archive(precompensation_);
  archive(perpendicular_);
  archive(last_eot_);
  archive(locked_);
  archive(transfer_);
  archive(step_);
  archive(stalled_);
  archive(host_bytes_);
  archive(unit_size_);
  archive(cursor_);
  archive(burst_end_);
  archive.bytes(buffer_);
  // A damaged file may hold any number.
  command_length_ = std::min(command_length_, static_cast<std::uint8_t>(command_.size()));
  result_length_ = std::min<std::uint8_t>(result_length_, kResultBytes);
  unit_size_ = std::min<std::uint16_t>(unit_size_, kSectorBytes);
  burst_end_ = std::min(burst_end_, unit_size_);
  reset_senses_ = std::min<std::uint8_t>(reset_senses_, kDriveCount);
}

}  // namespace devices
