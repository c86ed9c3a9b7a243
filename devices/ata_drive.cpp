#include "devices/ata_drive.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace devices {

namespace {

// Not a model of a mechanism: long enough that software which looks for BSY or waits for INTRQ
// meets both in the right order, short enough that nobody waits for a disk.
constexpr Nanoseconds kCommandTime = 5 * kMicrosecond;
constexpr Nanoseconds kSectorTime = 2 * kMicrosecond;
// Linux 0.11 gives up after 10000 reads of the status.
constexpr Nanoseconds kResetTime = 20 * kMicrosecond;

constexpr std::uint8_t kReady = ata::kStatusDrdy | ata::kStatusDsc;

}  // namespace

AtaDrive::AtaDrive(Scheduler& scheduler, std::string name)
    : scheduler_(scheduler),
      name_(std::move(name)),
      event_(scheduler, name_, Delegate<void()>::to<&AtaDrive::on_event>(*this)) {}

void AtaDrive::attach(const AtaDriveConfig& config) {
  assert(config.geometry.known() && config.geometry.heads <= storage::kMaxAtaHeads &&
         config.geometry.sectors_per_track <= storage::kMaxTrackSectors);
  image_ = &config.image;
  geometry_ = config.geometry;
  serial_ = config.serial;
  model_ = config.model;
  nonvolatile_limit_ = image_->sector_count();
  begin_reset(true);
  end_reset();
}

std::uint8_t AtaDrive::read_register(std::uint16_t offset) const {
  if (busy()) return status();
  switch (offset) {
    case ata::kErrorFeatures:
      return error_;
    case ata::kCount:
      return count_;
    case ata::kSector:
      return sector_;
    case ata::kCylinderLow:
      return cylinder_low_;
    case ata::kCylinderHigh:
      return cylinder_high_;
    case ata::kDevice:
      return device_ | ata::kDeviceObsolete;
    default:
      return status();
  }
}

void AtaDrive::write_register(std::uint16_t offset, std::uint8_t value) {
  if (busy()) return;
  switch (offset) {
    case ata::kErrorFeatures:
      features_ = value;
      // Nobody is there to report errors: the latches of the other drive answer.
      if (!present()) error_ = value;
      break;
    case ata::kCount:
      count_ = value;
      break;
    case ata::kSector:
      sector_ = value;
      break;
    case ata::kCylinderLow:
      cylinder_low_ = value;
      break;
    case ata::kCylinderHigh:
      cylinder_high_ = value;
      break;
    case ata::kDevice:
      device_ = value;
      break;
    default:
      break;
  }
}

// A new command drops whatever transfer the last one has not finished.
void AtaDrive::write_command(std::uint8_t opcode) {
  if (!present() || busy() || power_ == Power::sleeping) return;
  intrq.set(false);
  previous_opcode_ = std::exchange(opcode_, opcode);
  error_ = 0;
  remaining_ = 0;
  cursor_ = 0;
  length_ = 0;
  log_.begin({scheduler_.now(), 0, opcode, features_, count_, sector_, cylinder_low_,
              cylinder_high_, device_, 0, 0});
  be_busy(Phase::executing, kCommandTime);
}

void AtaDrive::be_busy(Phase next, Nanoseconds time) {
  status_ = ata::kStatusBsy;
  phase_ = next;
  scheduler_.schedule(event_, time);
}

void AtaDrive::on_event() {
  if (!present()) return;  // a saved state from another board
  const Command& row = command(opcode_);
  switch (std::exchange(phase_, Phase::idle)) {
    case Phase::executing:
      return row.start != nullptr ? (this->*row.start)() : fail(ata::kErrorAbrt);
    case Phase::proceeding:
      return row.proceed != nullptr ? (this->*row.proceed)() : fail(ata::kErrorAbrt);
    case Phase::resetting:
      status_ = kReady;
      return;
    case Phase::idle:
    case Phase::data_in:
    case Phase::data_out:
      return;
  }
}

void AtaDrive::finish() {
  status_ = kReady;
  phase_ = Phase::idle;
  log_.end(scheduler_.now(), status_, error_);
  intrq.set(true);
}

void AtaDrive::fail(std::uint8_t error) {
  error_ = error;
  log_.end(scheduler_.now(), kReady | ata::kStatusErr, error);
  finish();
  status_ |= ata::kStatusErr;
}

void AtaDrive::finish_at(std::uint64_t lba) {
  put_address(lba, current_);
  count_ = 0;
  finish();
}

void AtaDrive::fail_at(std::uint64_t lba, std::uint8_t error) {
  put_address(lba, current_);
  count_ = static_cast<std::uint8_t>(remaining_);
  fail(error);
}

// Both kinds of reset cancel everything; what they put back differs. [ATA-4] 9.1-9.4
void AtaDrive::begin_reset(bool hardware) {
  scheduler_.cancel(event_);
  intrq.set(false);
  phase_ = Phase::resetting;
  reset_held_ = true;
  opcode_ = 0;
  previous_opcode_ = 0;
  remaining_ = 0;
  cursor_ = 0;
  length_ = 0;
  power_ = Power::active;
  if (hardware) {
    revert_on_reset_ = true;
    limit_ = nonvolatile_limit_;
    standby_after_ = 0;
    buffer_.fill(0);
  }
  if (revert_on_reset_) revert_settings();
  load_signature();
  status_ = present() ? ata::kStatusBsy : std::uint8_t{0};
}

void AtaDrive::end_reset() {
  if (!std::exchange(reset_held_, false) || !present()) return;
  last_access_ = scheduler_.now();
  be_busy(Phase::resetting, kResetTime);
}

void AtaDrive::follow_diagnostic() {
  if (power_ == Power::sleeping) return;
  load_signature();
  if (!present()) return;
  intrq.set(false);
  remaining_ = 0;
  be_busy(Phase::resetting, kCommandTime);
}

void AtaDrive::revert_settings() {
  current_ = geometry_;
  multiple_ = 0;
  write_cache_ = true;
}

// [ATA-4] 9.12. An empty slot shows cylinder FFFFh, by which ROMs of the Bochs family know it for
// empty.
void AtaDrive::load_signature() {
  error_ = ata::kDiagnosticPassed;
  count_ = 1;
  sector_ = 1;
  cylinder_low_ = present() ? 0 : 0xFF;
  cylinder_high_ = cylinder_low_;
  device_ = 0;
}

// The data port.

void AtaDrive::offer_block(std::size_t bytes) {
  assert(bytes <= kBufferSize);
  cursor_ = 0;
  length_ = bytes;
  status_ = kReady | ata::kStatusDrq;
  phase_ = Phase::data_in;
  intrq.set(true);
}

void AtaDrive::ask_for_block(std::size_t bytes, bool interrupt) {
  assert(bytes <= kBufferSize);
  cursor_ = 0;
  length_ = bytes;
  status_ = kReady | ata::kStatusDrq;
  phase_ = Phase::data_out;
  if (interrupt) intrq.set(true);
}

void AtaDrive::end_block() {
  if (phase_ == Phase::data_in && remaining_ == 0) {
    status_ = kReady;  // no interrupt: the host knows that it has read all
    log_.end(scheduler_.now(), status_, error_);
    phase_ = Phase::idle;
    return;
  }
  if (phase_ == Phase::data_out) {
    // A block written is taken at once. The Bochs ROM reads the status right behind the last word,
    // and only once: a BSY there it takes for a failed write.
    phase_ = Phase::proceeding;
    on_event();
    return;
  }
  be_busy(Phase::proceeding, kSectorTime * block_sectors());
}

// The last bytes of a LONG block come one to a cycle, on the low half of the bus. [ATA-1] 9.17
bool AtaDrive::in_ecc() const {
  return length_ == storage::kSectorSize + kEccBytes && cursor_ >= storage::kSectorSize;
}

std::uint8_t AtaDrive::take() {
  return cursor_ < length_ ? buffer_[cursor_++ % kBufferSize] : std::uint8_t{0xFF};
}

void AtaDrive::put(std::uint8_t value) {
  if (cursor_ < length_) buffer_[cursor_++ % kBufferSize] = value;
}

std::uint8_t AtaDrive::read_byte() {
  if (phase_ != Phase::data_in) return 0xFF;
  const std::uint8_t value = take();
  if (cursor_ >= length_) end_block();
  return value;
}

std::uint16_t AtaDrive::read_word() {
  if (phase_ != Phase::data_in) return 0xFFFF;
  if (in_ecc()) return read_byte();
  const std::uint8_t low = take();
  const auto value = static_cast<std::uint16_t>(low | take() << 8);
  if (cursor_ >= length_) end_block();
  return value;
}

void AtaDrive::write_byte(std::uint8_t value) {
  if (phase_ != Phase::data_out) return;
  put(value);
  if (cursor_ >= length_) end_block();
}

void AtaDrive::write_word(std::uint16_t value) {
  if (phase_ != Phase::data_out) return;
  if (in_ecc()) return write_byte(static_cast<std::uint8_t>(value));
  put(static_cast<std::uint8_t>(value));
  put(static_cast<std::uint8_t>(value >> 8));
  if (cursor_ >= length_) end_block();
}

namespace {

// Whole words between the cursor and the last word of a block, its ECC bytes left out. The last
// word ends the block, at a time of its own: it takes a single cycle, so that the instant does not
// depend on how the words before it were bundled.
std::size_t words_before_last(std::size_t cursor, std::size_t length, std::size_t wanted_bytes) {
  const std::size_t last = length - length % storage::kSectorSize - 2;
  return cursor < last ? std::min((last - cursor) / 2, wanted_bytes / 2) : 0;
}

}  // namespace

std::size_t AtaDrive::read_words(std::span<std::uint8_t> bytes) {
  if (phase_ != Phase::data_in) return 0;
  const std::size_t words = words_before_last(cursor_, length_, bytes.size());
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(cursor_), 2 * words, bytes.begin());
  cursor_ += 2 * words;
  return words;
}

std::size_t AtaDrive::write_words(std::span<const std::uint8_t> bytes) {
  if (phase_ != Phase::data_out) return 0;
  const std::size_t words = words_before_last(cursor_, length_, bytes.size());
  std::copy_n(bytes.begin(), 2 * words, buffer_.begin() + static_cast<std::ptrdiff_t>(cursor_));
  cursor_ += 2 * words;
  return words;
}

void AtaDrive::serialize(Archive& archive) {
  archive.tag("ata drive", 1);
  intrq.serialize(archive);
  for (std::uint8_t* field : {&status_, &error_, &features_, &count_, &sector_, &cylinder_low_,
                              &cylinder_high_, &device_, &multiple_, &opcode_, &previous_opcode_}) {
    archive(*field);
  }
  archive(current_.cylinders);
  archive(current_.heads);
  archive(current_.sectors_per_track);
  for (bool* field : {&write_cache_, &revert_on_reset_, &reset_held_}) archive(*field);
  for (std::uint64_t* field :
       {&limit_, &nonvolatile_limit_, &standby_after_, &last_access_, &lba_}) {
    archive(*field);
  }
  archive(power_);
  archive(phase_);
  archive(remaining_);
  archive(sectors_per_block_);
  archive(cursor_);
  archive(length_);
  archive.bytes(buffer_);
  archive(counters_.sectors_read);
  archive(counters_.sectors_written);
  archive(counters_.host_errors);
  if (!archive.loading()) return;
  log_.forget_after(scheduler_.now());

  // Whatever indexes, divides or bounds a loop is forced into its range.
  const std::uint64_t total = present() ? image_->sector_count() : 0;
  length_ = std::min(length_, kBufferSize);
  cursor_ = std::min(cursor_, length_);
  limit_ = std::min(limit_, total);
  nonvolatile_limit_ = std::min(nonvolatile_limit_, total);
  lba_ = std::min(lba_, total);
  remaining_ = std::min(remaining_, 256U);
  sectors_per_block_ = std::clamp(sectors_per_block_, 1U, std::uint32_t{kMaxMultiple});
  multiple_ = std::min(multiple_, kMaxMultiple);
  current_.cylinders = std::min(current_.cylinders, storage::kMaxAtaCylinders);
  current_.heads = std::min(current_.heads, storage::kMaxAtaHeads);
  current_.sectors_per_track = std::min(current_.sectors_per_track, 255U);
  if (current_.heads == 0 || current_.sectors_per_track == 0) current_ = {};
  if (phase_ > Phase::resetting) phase_ = Phase::idle;
  if (power_ > Power::sleeping) power_ = Power::active;
}

}  // namespace devices
