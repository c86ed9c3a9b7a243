// The commands that move data, sector by sector: one event a sector, then DMA or the data port.
// Each event looks at drive and medium anew, for both may have changed since it was posted.
#include <algorithm>

#include "devices/fdc.h"
#include "devices/fdc_registers.h"

namespace devices {

using namespace fdc;

namespace {

constexpr std::uint8_t kSizeCode512 = 2;    // N
constexpr std::size_t kFormatIdBytes = 4;   // C H R N
constexpr unsigned kSearchRevolutions = 2;  // index pulses before a search is given up, [765]
constexpr std::uint8_t kScanMask = 0xFF;    // a byte from the host that matches anything, [765]

}  // namespace

// ---- command bytes to transfer ------------------------------------------------------------------

void FloppyController::prepare(DataCommand command) {
  transfer_ = {};
  transfer_.command = command;
  transfer_.multi_track = (command_[0] & 0x80) != 0;
  transfer_.mfm = (command_[0] & 0x40) != 0;
  transfer_.skip = (command_[0] & 0x20) != 0;
  transfer_.drive = command_[1] & kDorDriveMask;
  transfer_.head = (command_[1] >> 2) & 1;
}

// The nine-byte form: opcode, HD/DS, C, H, R, N, EOT, GPL, DTL.
void FloppyController::prepare_sectors(DataCommand command) {
  prepare(command);
  transfer_.c = command_[2];
  transfer_.h = command_[3];
  transfer_.r = command_[4];
  transfer_.n = command_[5];
  transfer_.eot = last_eot_ = command_[6];
}

void FloppyController::read_data_command() {
  prepare_sectors(DataCommand::read);
  transfer_.deleted = (command_[0] & 0x1F) == 0x0C;
  start_when_spinning();
}

void FloppyController::write_data_command() {
  prepare_sectors(DataCommand::write);
  transfer_.deleted = (command_[0] & 0x1F) == 0x09;
  start_when_spinning();
}

// From the index hole on, whatever R says; R only decides ND, [765] "Read a track".
void FloppyController::read_track() {
  prepare_sectors(DataCommand::read_track);
  const FloppyDrive& drive = transfer_drive();
  if (drive.has_medium() && (transfer_.r == 0 || transfer_.r > drive.format().sectors_per_track)) {
    transfer_.st1 |= kSt1NoData;
  }
  transfer_.r = 1;
  start_when_spinning();
}

void FloppyController::verify() {
  prepare_sectors(DataCommand::verify);
  transfer_.counted = (command_[1] & 0x80) != 0;
  transfer_.count = command_[8];
  start_when_spinning();
}

void FloppyController::scan() {
  const std::uint8_t code = command_[0] & 0x1F;
  prepare_sectors(code == 0x11   ? DataCommand::scan_equal
                  : code == 0x19 ? DataCommand::scan_low_or_equal
                                 : DataCommand::scan_high_or_equal);
  transfer_.stride = command_[8] == 2 ? 2 : 1;
  start_when_spinning();
}

void FloppyController::read_id() {
  prepare(DataCommand::read_id);
  start_when_spinning();
}

void FloppyController::format_track() {
  prepare(DataCommand::format);
  transfer_.n = command_[2];
  transfer_.count = last_eot_ = command_[3];
  transfer_.fill = command_[5];
  start_when_spinning();
}

// ---- from sector to sector ----------------------------------------------------------------------

// With no medium turning there are no index pulses to count, and the command waits for one until a
// reset: the BIOS's timeout.
void FloppyController::start_when_spinning() {
  const unsigned drive = transfer_.drive;
  if (seek_done_[drive].pending()) {
    scheduler_.cancel(seek_done_[drive]);
    complete_seek(drive);
  }
  stalled_ = !transfer_drive().spinning();
  if (stalled_) return;
  const bool names_cylinder =
      transfer_.command != DataCommand::read_id && transfer_.command != DataCommand::format;
  schedule_sector(names_cylinder ? seek_implied(transfer_.c) : 0);
}

void FloppyController::resume_if_stalled() {
  if (stalled_ && transfer_drive().spinning()) start_when_spinning();
}

// Time for the head to get to the cylinder of the medium; it stands there at once.
Nanoseconds FloppyController::seek_implied(unsigned cylinder) {
  FloppyDrive& drive = transfer_drive();
  if (drive.medium_cylinder() == cylinder) return 0;
  const unsigned target = cylinder * drive.steps_per_cylinder();
  const unsigned before = drive.position();
  drive.step_to(target);
  const unsigned after = drive.position();
  cylinder_number_[transfer_.drive] = static_cast<std::uint8_t>(after);
  return (before > after ? before - after : after - before) * step_time();
}

void FloppyController::schedule_sector(Nanoseconds delay) {
  const FloppyDrive& drive = transfer_drive();
  if (locate()) {
    step_ = Step::sector;
    delay += drive.sector_time();
  } else {
    step_ = Step::fail;
    const bool searched = (transfer_.st1 & kSt1NotWritable) == 0;
    delay += searched ? kSearchRevolutions * drive.revolution_time() : drive.sector_time();
  }
  scheduler_.schedule(execute_, delay);
}

// Is there anything under the head that this data rate and recording mode can read?
bool FloppyController::has_tracks() const {
  const FloppyDrive& drive = transfer_drive();
  const bool rate_fits = !rate_chosen_ || drive.format().readable_at(rate_);
  return transfer_.mfm && rate_fits && drive.medium_cylinder() < drive.format().cylinders &&
         transfer_.head < drive.format().heads;
}

// Finds the sector in hand, or says in ST1 why there is none.
bool FloppyController::locate() {
  const FloppyDrive& drive = transfer_drive();
  std::uint8_t reason = 0;
  if (writes() && drive.write_protected()) {
    reason = kSt1NotWritable;
  } else if (!has_tracks()) {
    reason = kSt1MissingMark;
  } else if (transfer_.command == DataCommand::read_id) {
    return true;
  } else if (transfer_.command == DataCommand::format) {
    const bool fits = transfer_.n == kSizeCode512 && transfer_.count != 0 &&
                      transfer_.count <= drive.format().sectors_per_track;
    if (!fits) reason = kSt1NoData;
  } else {
    const bool found = transfer_.h == transfer_.head && transfer_.n == kSizeCode512 &&
                       transfer_.c == drive.medium_cylinder() &&
                       drive.has_sector(transfer_.c, transfer_.head, transfer_.r);
    if (!found) reason = kSt1NoData;
  }
  transfer_.st1 |= reason;
  return reason == 0;
}

void FloppyController::on_execute() {
  if (phase_ != Phase::execution) return;
  switch (step_) {
    case Step::sector:
      return on_sector();
    case Step::host_bytes:
      return offer_host_bytes();
    case Step::fail:
      return fail(0);
  }
}

void FloppyController::on_sector() {
  stalled_ = !transfer_drive().spinning();
  if (stalled_) return;
  if (!locate()) return fail(0);
  switch (transfer_.command) {
    case DataCommand::read:
    case DataCommand::read_track:
    case DataCommand::verify:
      return read_sector();
    case DataCommand::read_id:
      return identify_sector();
    case DataCommand::format:
      return from_host(kFormatIdBytes);
    case DataCommand::write:
    case DataCommand::scan_equal:
    case DataCommand::scan_low_or_equal:
    case DataCommand::scan_high_or_equal:
      return from_host(kSectorBytes);
  }
}

void FloppyController::read_sector() {
  FloppyDrive& drive = transfer_drive();
  const bool other_mark =
      drive.has_deleted_mark(transfer_.c, transfer_.head, transfer_.r) != transfer_.deleted;
  if (other_mark && transfer_.command != DataCommand::read_track) {
    transfer_.st2 |= kSt2ControlMark;
    if (transfer_.skip) return next_sector(false);
  }
  if (drive.read(transfer_.c, transfer_.head, transfer_.r, buffer_) != storage::IoStatus::ok) {
    return fail(kSt1DataError, kSt2DataError);
  }
  if (transfer_.command == DataCommand::verify) return unit_sent(false);
  to_host(kSectorBytes);
}

// Which ID comes by next follows from the time: the disk has been turning since power-on.
void FloppyController::identify_sector() {
  const FloppyDrive& drive = transfer_drive();
  const Nanoseconds sectors_passed = scheduler_.now() / drive.sector_time();
  transfer_.c = static_cast<std::uint8_t>(drive.medium_cylinder());
  transfer_.h = transfer_.head;
  transfer_.r = static_cast<std::uint8_t>(sectors_passed % drive.format().sectors_per_track + 1);
  transfer_.n = kSizeCode512;
  finish_transfer();
}

// ---- bytes between buffer and host --------------------------------------------------------------

void FloppyController::to_host(std::size_t size) {
  if (non_dma()) return start_host_bytes(HostBytes::to_host, size);
  DmaChannel::Moved moved{};
  if ((dor_ & kDorGate) != 0 && dma.to_memory) {
    moved = dma.to_memory(std::span<const std::uint8_t>(buffer_).first(size));
  }
  if (moved.bytes < size && !moved.terminal_count) return fail(kSt1Overrun);
  unit_sent(moved.terminal_count);
}

void FloppyController::from_host(std::size_t size) {
  if (non_dma()) return start_host_bytes(HostBytes::from_host, size);
  const std::span<std::uint8_t> unit = std::span<std::uint8_t>(buffer_).first(size);
  DmaChannel::Moved moved{};
  if ((dor_ & kDorGate) != 0 && dma.from_memory) moved = dma.from_memory(unit);
  if (moved.bytes < size) {
    if (!moved.terminal_count) return fail(kSt1Overrun);
    std::ranges::fill(unit.subspan(moved.bytes), std::uint8_t{0});  // [82077] 5.1.4
  }
  unit_received(moved.terminal_count);
}

void FloppyController::start_host_bytes(HostBytes direction, std::size_t size) {
  host_bytes_ = direction;
  unit_size_ = static_cast<std::uint16_t>(size);
  cursor_ = burst_end_ = 0;
  offer_host_bytes();
}

unsigned FloppyController::burst_size() const {
  return (configuration_ & kConfigFifoOff) != 0 ? 1U : (configuration_ & kConfigThreshold) + 1U;
}

// One byte at a time without FIFO, else as many as the threshold says; an interrupt each time.
void FloppyController::offer_host_bytes() {
  burst_end_ = static_cast<std::uint16_t>(std::min<unsigned>(cursor_ + burst_size(), unit_size_));
  raise_interrupt();
}

std::uint8_t FloppyController::take_host_byte() {
  if (host_bytes_ != HostBytes::to_host || cursor_ >= burst_end_) return 0;
  const std::uint8_t value = buffer_[cursor_++ % kSectorBytes];
  if (cursor_ == burst_end_) end_of_burst();
  return value;
}

void FloppyController::put_host_byte(std::uint8_t value) {
  if (host_bytes_ != HostBytes::from_host || cursor_ >= burst_end_) return;
  buffer_[cursor_++ % kSectorBytes] = value;
  if (cursor_ == burst_end_) end_of_burst();
}

void FloppyController::end_of_burst() {
  lower_interrupt();
  if (cursor_ < unit_size_) {
    step_ = Step::host_bytes;
    scheduler_.schedule(execute_, Nanoseconds{burst_size()} * 8 * kMillisecond / kilobits(rate_));
    return;
  }
  const HostBytes direction = host_bytes_;
  host_bytes_ = HostBytes::none;
  if (direction == HostBytes::to_host) {
    unit_sent(false);
  } else {
    unit_received(false);
  }
}

// ---- after each unit ----------------------------------------------------------------------------

// A sector with the other address mark is the last one, and the result names it, [82077] table 5-3.
void FloppyController::unit_sent(bool terminal_count) {
  if ((transfer_.st2 & kSt2ControlMark) != 0 && !transfer_.skip) return finish_transfer();
  next_sector(terminal_count);
}

void FloppyController::unit_received(bool terminal_count) {
  switch (transfer_.command) {
    case DataCommand::write:
      return write_sector(terminal_count);
    case DataCommand::format:
      return format_sector();
    default:
      return scan_sector(terminal_count);
  }
}

void FloppyController::write_sector(bool terminal_count) {
  const storage::IoStatus status =
      transfer_drive().write(transfer_.c, transfer_.head, transfer_.r, buffer_, transfer_.deleted);
  if (status != storage::IoStatus::ok) return fail_write(status);
  next_sector(terminal_count);
}

// Byte by byte against the host's; ST2 tells equality (SH) from a miss (SN), [765] table "Scan".
void FloppyController::scan_sector(bool terminal_count) {
  std::array<std::uint8_t, kSectorBytes> medium{};
  if (transfer_drive().read(transfer_.c, transfer_.head, transfer_.r, medium) !=
      storage::IoStatus::ok) {
    return fail(kSt1DataError, kSt2DataError);
  }
  bool below = false;
  bool above = false;
  for (std::size_t i = 0; i < kSectorBytes; ++i) {
    if (buffer_[i] == kScanMask) continue;
    below |= medium[i] < buffer_[i];
    above |= medium[i] > buffer_[i];
  }
  const bool missed = (above && transfer_.command != DataCommand::scan_high_or_equal) ||
                      (below && transfer_.command != DataCommand::scan_low_or_equal);
  if (!missed) {
    if (!below && !above) transfer_.st2 |= kSt2ScanHit;
    return finish_transfer();
  }
  next_sector(terminal_count);
}

// The track is the one that the IDs name: ROMs format without a SEEK before.
void FloppyController::format_sector() {
  FloppyDrive& drive = transfer_drive();
  transfer_.c = buffer_[0];
  transfer_.h = buffer_[1];
  transfer_.r = buffer_[2];
  const Nanoseconds delay = seek_implied(transfer_.c);
  if (transfer_.h != transfer_.head || buffer_[3] != kSizeCode512 ||
      !drive.has_sector(transfer_.c, transfer_.h, transfer_.r)) {
    return fail(kSt1NoData);
  }
  std::array<std::uint8_t, kSectorBytes> blank;
  blank.fill(transfer_.fill);
  const storage::IoStatus status =
      drive.write(transfer_.c, transfer_.head, transfer_.r, blank, false);
  if (status != storage::IoStatus::ok) return fail_write(status);
  if (--transfer_.count == 0) return finish_transfer();
  schedule_sector(delay);
}

// Terminal count ends a transfer after the sector in hand; the end of the track without one is an
// error, except for commands that end there by design.
void FloppyController::next_sector(bool terminal_count) {
  const bool counted_out = transfer_.counted && --transfer_.count == 0;
  const bool more = step_address();
  if (more && !terminal_count && !counted_out) {
    transfer_.head = transfer_.h & 1;
    return schedule_sector(0);
  }
  if (scans()) transfer_.st2 |= kSt2ScanNotSatisfied;
  const bool ends_by_itself =
      scans() || (transfer_.command == DataCommand::verify && !transfer_.counted);
  if (terminal_count || counted_out || ends_by_itself) return finish_transfer();
  fail(kSt1EndOfCylinder);
}

// C, H, R of the sector after this one, [82077] table 5-6. False: the command's tracks are at their
// end.
bool FloppyController::step_address() {
  const unsigned last =
      transfer_.eot != 0 ? transfer_.eot : transfer_drive().format().sectors_per_track;
  const bool at_end =
      transfer_.stride == 1 ? transfer_.r == last : transfer_.r + unsigned{transfer_.stride} > last;
  if (!at_end) {
    transfer_.r = static_cast<std::uint8_t>(transfer_.r + transfer_.stride);
    return true;
  }
  transfer_.r = 1;
  if (transfer_.multi_track && transfer_.head == 0) {
    transfer_.h = 1;
    return true;
  }
  if (transfer_.multi_track) transfer_.h = 0;
  ++transfer_.c;
  return false;
}

// ---- result -------------------------------------------------------------------------------------

void FloppyController::fail(std::uint8_t st1, std::uint8_t st2) {
  transfer_.st0 |= kSt0Abnormal;
  transfer_.st1 |= st1;
  transfer_.st2 |= st2;
  finish_transfer();
}

void FloppyController::fail_write(storage::IoStatus status) {
  if (status == storage::IoStatus::read_only) return fail(kSt1NotWritable);
  fail(kSt1DataError, kSt2DataError);
}

void FloppyController::finish_transfer() {
  host_bytes_ = HostBytes::none;
  const std::array<std::uint8_t, 7> result{
      static_cast<std::uint8_t>(transfer_.st0 | transfer_.head << 2 | transfer_.drive),
      transfer_.st1,
      transfer_.st2,
      transfer_.c,
      transfer_.h,
      transfer_.r,
      transfer_.n};
  finish(result);
  result_interrupts_ = true;
  raise_interrupt();
}

}  // namespace devices
