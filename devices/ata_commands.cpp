// The command set of AtaDrive: the table, and what each row does when its busy time is over.
//
// [ATA-1]  X3.221-1994, 9: READ LONG, RECALIBRATE, SEEK, SET MULTIPLE MODE
// [ATA-4]  T13/1153D rev 18, 8; IDENTIFY DEVICE: ata_identify.cpp
// [ATA-6]  T13/1410D, annex B: which opcodes were commands once. Those without a row here are
// aborted, as
//          00h (NOP), A1h (IDENTIFY PACKET) and the DMA commands have to be by a drive without
//          them.
#include <algorithm>
#include <array>
#include <bit>

#include "devices/ata_drive.h"

namespace devices {

namespace {

constexpr std::uint64_t kMaxLba28Sectors = 0x0FFFFFFF;  // that IDENTIFY can state
constexpr std::uint64_t kLba28End = 0x10000000;         // of what 28 bits address
constexpr std::uint32_t kEccPolynomial = 0x140A0445;
constexpr Nanoseconds kMinute = 60 * kSecond;

// read_only: the image refused rather than failed, which a read meets only by order of a script.
std::uint8_t read_error(storage::IoStatus status) {
  switch (status) {
    case storage::IoStatus::out_of_range:
      return ata::kErrorIdnf;
    case storage::IoStatus::read_only:
      return ata::kErrorAbrt;
    default:
      return ata::kErrorUnc;
  }
}

std::uint8_t write_error(storage::IoStatus status) {
  return status == storage::IoStatus::out_of_range ? ata::kErrorIdnf : ata::kErrorAbrt;
}

// A shift register over the sector, most significant bit first, preset to ones. Open: which code a
// drive uses is its maker's affair and hosts only hand the bytes back; the polynomial is the 32-bit
// one of the WD1010 family, not checked in a second source.
std::uint32_t error_correction_code(std::span<const std::uint8_t> sector) {
  std::uint32_t code = 0xFFFFFFFF;
  for (const std::uint8_t byte : sector) {
    code ^= std::uint32_t{byte} << 24;
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = (code & 0x80000000) != 0;
      code = code << 1 ^ (carry ? kEccPolynomial : 0);
    }
  }
  return code;
}

// STANDBY and IDLE: the count register as a time, [ATA-4] table 9. 0: the timer is off.
Nanoseconds standby_period(std::uint8_t count) {
  if (count <= 240) return Nanoseconds{count} * 5 * kSecond;
  if (count <= 251) return (Nanoseconds{count} - 240) * 30 * kMinute;
  if (count == 252) return 21 * kMinute;
  if (count == 253) return Nanoseconds{8} * 60 * kMinute;
  return 21 * kMinute + 15 * kSecond;
}

}  // namespace

const AtaDrive::Command& AtaDrive::command(std::uint8_t opcode) {
  struct Row {
    std::uint8_t first, last;
    Command command;
  };
  // clang-format off
  static constexpr Row rows[] = {
      {0x10, 0x1F, {"RECALIBRATE", &AtaDrive::recalibrate}},
      {0x20, 0x21, {"READ SECTORS", &AtaDrive::read_sectors, &AtaDrive::load_block}},
      {0x22, 0x23, {"READ LONG", &AtaDrive::read_long, &AtaDrive::load_block}},
      {0x30, 0x31, {"WRITE SECTORS", &AtaDrive::write_sectors, &AtaDrive::store_block}},
      {0x32, 0x33, {"WRITE LONG", &AtaDrive::write_long, &AtaDrive::store_block}},
      {ata::kWriteVerify, ata::kWriteVerify, {"WRITE VERIFY", &AtaDrive::write_sectors, &AtaDrive::store_block}},
      {0x40, 0x41, {"READ VERIFY", &AtaDrive::verify_sectors}},
      {0x70, 0x7F, {"SEEK", &AtaDrive::seek}},
      {ata::kExecuteDiagnostic, ata::kExecuteDiagnostic, {"EXECUTE DIAGNOSTIC", &AtaDrive::diagnose}},
      {0x91, 0x91, {"INITIALIZE PARAMETERS", &AtaDrive::initialize_parameters}},
      {0x94, 0x94, {"STANDBY IMMEDIATE", &AtaDrive::standby_immediate}},
      {0x95, 0x95, {"IDLE IMMEDIATE", &AtaDrive::idle_immediate}},
      {0x96, 0x96, {"STANDBY", &AtaDrive::standby_with_timer}},
      {0x97, 0x97, {"IDLE", &AtaDrive::idle_with_timer}},
      {0x98, 0x98, {"CHECK POWER MODE", &AtaDrive::check_power}},
      {0x99, 0x99, {"SLEEP", &AtaDrive::sleep}},
      {0xC4, 0xC4, {"READ MULTIPLE", &AtaDrive::read_multiple, &AtaDrive::load_block}},
      {0xC5, 0xC5, {"WRITE MULTIPLE", &AtaDrive::write_multiple, &AtaDrive::store_block}},
      {0xC6, 0xC6, {"SET MULTIPLE MODE", &AtaDrive::set_multiple}},
      {0xE0, 0xE0, {"STANDBY IMMEDIATE", &AtaDrive::standby_immediate}},
      {0xE1, 0xE1, {"IDLE IMMEDIATE", &AtaDrive::idle_immediate}},
      {0xE2, 0xE2, {"STANDBY", &AtaDrive::standby_with_timer}},
      {0xE3, 0xE3, {"IDLE", &AtaDrive::idle_with_timer}},
      {0xE4, 0xE4, {"READ BUFFER", &AtaDrive::read_buffer}},
      {0xE5, 0xE5, {"CHECK POWER MODE", &AtaDrive::check_power}},
      {0xE6, 0xE6, {"SLEEP", &AtaDrive::sleep}},
      {0xE7, 0xE7, {"FLUSH CACHE", &AtaDrive::flush_cache}},
      {0xE8, 0xE8, {"WRITE BUFFER", &AtaDrive::write_buffer, &AtaDrive::finish}},
      {0xEC, 0xEC, {"IDENTIFY DEVICE", &AtaDrive::identify}},
      {0xEF, 0xEF, {"SET FEATURES", &AtaDrive::set_features}},
      {ata::kReadNativeMax, ata::kReadNativeMax, {"READ NATIVE MAX ADDRESS", &AtaDrive::read_native_max}},
      {0xF9, 0xF9, {"SET MAX ADDRESS", &AtaDrive::set_max}},
  };
  // clang-format on
  static constexpr auto by_opcode = [] {
    std::array<Command, 256> table{};
    for (const Row& row : rows) {
      for (unsigned code = row.first; code <= row.last; ++code) table[code] = row.command;
    }
    return table;
  }();
  return by_opcode[opcode];
}

std::string_view AtaDrive::command_name(std::uint8_t opcode) {
  return command(opcode).name;
}

// Addresses.

std::optional<std::uint64_t> AtaDrive::addressed_sector(const storage::Geometry& geometry) const {
  const std::uint32_t head = device_ & ata::kDeviceHead;
  if (lba_mode()) {
    return std::uint64_t{head} << 24 | std::uint64_t{cylinder_high_} << 16 |
           std::uint64_t{cylinder_low_} << 8 | sector_;
  }
  const std::uint32_t cylinder = cylinder_low_ | std::uint32_t{cylinder_high_} << 8;
  return chs_to_lba(geometry, {.cylinder = cylinder, .head = head, .sector = sector_});
}

// The sectors behind the last whole cylinder can be reached by LBA only.
std::uint64_t AtaDrive::end_of_addresses() const {
  return std::min(limit_, lba_mode() ? kLba28End : current_.sector_count());
}

void AtaDrive::put_address(std::uint64_t lba, const storage::Geometry& geometry) {
  std::uint32_t head = static_cast<std::uint32_t>(lba >> 24);
  auto cylinder = static_cast<std::uint32_t>(lba >> 8);
  auto sector = static_cast<std::uint32_t>(lba);
  if (!lba_mode()) {
    const storage::Chs chs = lba_to_chs(geometry, lba);
    head = chs.head;
    cylinder = chs.cylinder;
    sector = chs.sector;
  }
  sector_ = static_cast<std::uint8_t>(sector);
  cylinder_low_ = static_cast<std::uint8_t>(cylinder);
  cylinder_high_ = static_cast<std::uint8_t>(cylinder >> 8);
  device_ = static_cast<std::uint8_t>((device_ & ~std::uint32_t{ata::kDeviceHead}) |
                                      (head & ata::kDeviceHead));
}

// Transfers to and from the medium.

bool AtaDrive::begin_transfer(std::uint32_t sectors_per_block) {
  if (!lba_mode() && current_.sectors_per_track == 0) {  // since INITIALIZE PARAMETERS with 0
    fail(ata::kErrorAbrt);
    return false;
  }
  const auto first = addressed_sector(current_);
  if (!first || *first >= end_of_addresses()) {
    fail(ata::kErrorIdnf);  // the registers name the sector as they are
    return false;
  }
  power_ = Power::active;
  last_access_ = scheduler_.now();
  lba_ = *first;
  remaining_ = count_ == 0 ? 256 : count_;
  sectors_per_block_ = sectors_per_block;
  return true;
}

std::size_t AtaDrive::block_sectors() const {
  return std::max(std::min(sectors_per_block_, remaining_), 1U);
}

std::size_t AtaDrive::block_bytes() const {
  return block_sectors() * storage::kSectorSize + (is_long() ? kEccBytes : 0);
}

// How many of `sectors` from the next one on exist.
std::size_t AtaDrive::reachable(std::size_t sectors) const {
  const std::uint64_t end = end_of_addresses();
  return end > lba_ ? static_cast<std::size_t>(std::min<std::uint64_t>(sectors, end - lba_)) : 0;
}

void AtaDrive::note_host_failure(storage::IoStatus status, std::uint64_t lba) {
  ++counters_.host_errors;
  last_host_failure_ = {status, lba};
}

// `good`: sectors before the first bad one. The image fails a request as a whole, so that a failed
// one is repeated sector by sector to find out which the guest has to be told.
storage::IoStatus AtaDrive::read_medium(std::uint64_t lba, std::span<std::uint8_t> sectors,
                                        std::size_t& good) {
  const std::size_t count = sectors.size() / storage::kSectorSize;
  good = count;
  if (count > 1 && image_->read(lba, sectors) == storage::IoStatus::ok) {
    return storage::IoStatus::ok;
  }
  for (good = 0; good < count; ++good) {
    const auto sector = sectors.subspan(good * storage::kSectorSize, storage::kSectorSize);
    const storage::IoStatus status = image_->read(lba + good, sector);
    if (status == storage::IoStatus::ok) continue;
    note_host_failure(status, lba + good);
    return status;
  }
  return storage::IoStatus::ok;
}

storage::IoStatus AtaDrive::write_medium(std::uint64_t lba, std::span<const std::uint8_t> sectors,
                                         std::size_t& good) {
  const std::size_t count = sectors.size() / storage::kSectorSize;
  good = count;
  if (count > 1 && image_->write(lba, sectors) == storage::IoStatus::ok) {
    return storage::IoStatus::ok;
  }
  for (good = 0; good < count; ++good) {
    const auto sector = sectors.subspan(good * storage::kSectorSize, storage::kSectorSize);
    const storage::IoStatus status = image_->write(lba + good, sector);
    if (status == storage::IoStatus::ok) continue;
    note_host_failure(status, lba + good);
    return status;
  }
  return storage::IoStatus::ok;
}

storage::IoStatus AtaDrive::verify_written(std::uint64_t lba, std::span<const std::uint8_t> sectors,
                                           std::size_t& good) {
  for (good = 0; good < sectors.size() / storage::kSectorSize; ++good) {
    AtaSector found;
    std::size_t one = 0;
    const storage::IoStatus status = read_medium(lba + good, found, one);
    if (status != storage::IoStatus::ok) return status;
    const auto written = sectors.subspan(good * storage::kSectorSize, storage::kSectorSize);
    if (!std::ranges::equal(found, written)) return storage::IoStatus::corrupt;
  }
  return storage::IoStatus::ok;
}

void AtaDrive::read_sectors() {
  if (begin_transfer(1)) load_block();
}

void AtaDrive::read_long() {
  read_sectors();
}

void AtaDrive::read_multiple() {
  if (multiple_ == 0) return fail(ata::kErrorAbrt);
  if (begin_transfer(multiple_)) load_block();
}

// A block that cannot be had as a whole is not given at all: the registers name its first bad
// sector, the count those that the host has not got.
void AtaDrive::load_block() {
  const std::size_t sectors = block_sectors();
  const std::size_t bytes = block_bytes();
  const std::size_t there = reachable(sectors);
  const auto data = std::span(buffer_).first(there * storage::kSectorSize);
  std::size_t good = 0;
  const storage::IoStatus status = read_medium(lba_, data, good);
  if (status != storage::IoStatus::ok) return fail_at(lba_ + good, read_error(status));
  if (there < sectors) return fail_at(lba_ + there, ata::kErrorIdnf);
  if (is_long()) {
    const std::uint32_t code = error_correction_code(data);
    for (std::size_t i = 0; i < kEccBytes; ++i) {
      buffer_[storage::kSectorSize + i] = static_cast<std::uint8_t>(code >> (24 - 8 * i));
    }
  }
  lba_ += sectors;
  remaining_ -= std::min(remaining_, static_cast<std::uint32_t>(sectors));
  counters_.sectors_read += sectors;
  put_address(lba_ - 1, current_);
  count_ = static_cast<std::uint8_t>(remaining_);
  offer_block(bytes);
}

void AtaDrive::begin_write(std::uint32_t sectors_per_block) {
  if (image_->read_only()) return fail(ata::kErrorAbrt);
  if (begin_transfer(sectors_per_block)) ask_for_block(block_bytes(), false);
}

void AtaDrive::write_sectors() {
  begin_write(1);
}

void AtaDrive::write_long() {
  begin_write(1);
}

void AtaDrive::write_multiple() {
  if (multiple_ == 0) return fail(ata::kErrorAbrt);
  begin_write(multiple_);
}

void AtaDrive::store_block() {
  const std::size_t sectors = block_sectors();
  const std::size_t there = reachable(sectors);
  const auto data = std::span(buffer_).first(there * storage::kSectorSize);
  std::size_t good = 0;
  storage::IoStatus status = write_medium(lba_, data, good);
  std::uint8_t error = write_error(status);
  if (status == storage::IoStatus::ok && opcode_ == ata::kWriteVerify) {
    status = verify_written(lba_, data, good);
    error = read_error(status);
  }
  counters_.sectors_written += good;
  lba_ += good;
  remaining_ -= std::min(remaining_, static_cast<std::uint32_t>(good));
  if (status != storage::IoStatus::ok) return fail_at(lba_, error);
  if (there < sectors) return fail_at(lba_, ata::kErrorIdnf);
  if (remaining_ == 0) {
    // Write cache off: done means safe.
    if (!write_cache_ && image_->flush() != storage::IoStatus::ok) {
      note_host_failure(storage::IoStatus::host_error, lba_ - 1);
      return fail_at(lba_ - 1, ata::kErrorAbrt);
    }
    return finish_at(lba_ - 1);
  }
  if (reachable(1) == 0) return fail_at(lba_, ata::kErrorIdnf);
  put_address(lba_ - 1, current_);
  count_ = static_cast<std::uint8_t>(remaining_);
  ask_for_block(block_bytes(), true);
}

void AtaDrive::verify_sectors() {
  if (!begin_transfer(kMaxMultiple)) return;
  while (remaining_ != 0) {
    const std::size_t sectors = block_sectors();
    const std::size_t there = reachable(sectors);
    std::size_t good = 0;
    const storage::IoStatus status =
        read_medium(lba_, std::span(buffer_).first(there * storage::kSectorSize), good);
    lba_ += good;
    remaining_ -= static_cast<std::uint32_t>(good);
    if (status != storage::IoStatus::ok) return fail_at(lba_, read_error(status));
    if (there < sectors) return fail_at(lba_, ata::kErrorIdnf);
  }
  finish_at(lba_ - 1);
}

// Commands that move nothing.

void AtaDrive::recalibrate() {
  cylinder_low_ = 0;
  cylinder_high_ = 0;
  finish();
}

void AtaDrive::seek() {
  const std::uint8_t count = count_;
  if (!begin_transfer(1)) return;
  remaining_ = 0;
  count_ = count;
  finish();
}

void AtaDrive::diagnose() {
  load_signature();
  finish();
}

// Only the shape that CHS commands are counted in changes; words 1, 3 and 6 stay. [ATA-4] 8.16
void AtaDrive::initialize_parameters() {
  if (count_ == 0) {
    current_ = {};
    return fail(ata::kErrorAbrt);
  }
  const std::uint32_t heads = (device_ & ata::kDeviceHead) + 1U;
  const std::uint64_t cylinder_sectors = std::uint64_t{heads} * count_;
  const std::uint64_t cylinders = std::min(limit_, storage::kMaxIdentifySectors) / cylinder_sectors;
  current_ = {.cylinders = static_cast<std::uint32_t>(
                  std::min<std::uint64_t>(cylinders, storage::kMaxAtaCylinders)),
              .heads = heads,
              .sectors_per_track = count_};
  finish();
}

// 0 turns the MULTIPLE commands off; so does a value that is refused. [ATA-1] 9.22
void AtaDrive::set_multiple() {
  const bool supported = count_ <= kMaxMultiple && (count_ == 0 || std::has_single_bit(count_));
  multiple_ = supported ? count_ : std::uint8_t{0};
  supported ? finish() : fail(ata::kErrorAbrt);
}

void AtaDrive::identify() {
  const AtaSector sector = identify_sector({.geometry = geometry_,
                                            .current = current_,
                                            .sector_count = limit_,
                                            .multiple = multiple_,
                                            .write_cache = write_cache_,
                                            .serial = serial_,
                                            .model = model_});
  std::ranges::copy(sector, buffer_.begin());
  offer_block(sector.size());
}

void AtaDrive::read_buffer() {
  offer_block(storage::kSectorSize);
}

void AtaDrive::write_buffer() {
  ask_for_block(storage::kSectorSize, false);
}

void AtaDrive::flush_cache() {
  const storage::IoStatus status = image_->flush();
  if (status == storage::IoStatus::ok) return finish();
  note_host_failure(status, 0);
  fail(ata::kErrorAbrt);
}

void AtaDrive::set_features() {
  const bool known_mode = count_ <= 0x01 || (count_ >= 0x08 && count_ <= 0x0C);  // PIO up to 4
  switch (features_) {
    case ata::kEnableWriteCache:
      write_cache_ = true;
      return finish();
    case ata::kDisableWriteCache:
      write_cache_ = false;
      return flush_cache();
    case ata::kSetTransferMode:
      return known_mode ? finish() : fail(ata::kErrorAbrt);
    case ata::kDisableRevert:
      revert_on_reset_ = false;
      return finish();
    case ata::kEnableRevert:
      revert_on_reset_ = true;
      return finish();
    case ata::kEnableLookAhead:
    case ata::kDisableLookAhead:
      return finish();
    default:
      return fail(ata::kErrorAbrt);
  }
}

void AtaDrive::read_native_max() {
  const std::uint64_t sectors =
      lba_mode() ? std::min(image_->sector_count(), kMaxLba28Sectors) : geometry_.sector_count();
  put_address(sectors - 1, geometry_);
  finish();
}

// [ATA-4] 8.38. Count bit 0 asks to keep the value over a power cycle, which here means over a
// hardware reset: nothing of it is written to the image.
void AtaDrive::set_max() {
  if (previous_opcode_ != ata::kReadNativeMax) return fail(ata::kErrorAbrt);
  const auto last = addressed_sector(geometry_);
  if (!last || *last >= image_->sector_count()) return fail(ata::kErrorIdnf);
  limit_ = *last + 1;
  if ((count_ & 1) != 0) nonvolatile_limit_ = limit_;
  finish();
}

// Power modes. Spinning up costs no time.

void AtaDrive::set_standby_timer() {
  standby_after_ = standby_period(count_);
  last_access_ = scheduler_.now();
}

void AtaDrive::idle_immediate() {
  power_ = Power::idle;
  last_access_ = scheduler_.now();
  finish();
}

void AtaDrive::standby_immediate() {
  power_ = Power::standby;
  finish();
}

void AtaDrive::idle_with_timer() {
  set_standby_timer();
  idle_immediate();
}

void AtaDrive::standby_with_timer() {
  set_standby_timer();
  standby_immediate();
}

AtaDrive::Power AtaDrive::power() const {
  const bool expired = standby_after_ != 0 && scheduler_.now() - last_access_ >= standby_after_;
  return expired ? Power::standby : power_;
}

void AtaDrive::check_power() {
  switch (power()) {
    case Power::active:
      count_ = ata::kPowerActive;
      break;
    case Power::idle:
      count_ = ata::kPowerIdle;
      break;
    case Power::standby:
    case Power::sleeping:
      count_ = ata::kPowerStandby;
      break;
  }
  finish();
}

// Only a reset wakes the drive again. [ATA-4] 6.9
void AtaDrive::sleep() {
  finish();
  power_ = Power::sleeping;
}

}  // namespace devices
