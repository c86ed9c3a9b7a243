#include "devices/cmos.h"

namespace devices {

namespace {
// [146818] "Address Map", "Registers"
enum Register : std::uint8_t {
  kSeconds = 0x00,
  kSecondsAlarm = 0x01,
  kMinutes = 0x02,
  kMinutesAlarm = 0x03,
  kHours = 0x04,
  kHoursAlarm = 0x05,
  kWeekday = 0x06,
  kDay = 0x07,
  kMonth = 0x08,
  kYear = 0x09,
  kRegisterA = 0x0A,
  kRegisterB = 0x0B,
  kRegisterC = 0x0C,
  kRegisterD = 0x0D,
  kChecksumFirst = 0x10,
  kChecksumLast = 0x2D,
  kChecksum = 0x2E,
  kCentury = 0x32,
  kCenturyPs2 = 0x37
};

constexpr std::uint8_t kUpdateInProgress = 0x80;  // register A
constexpr std::uint8_t kDivider = 0x70;
constexpr std::uint8_t kDividerRuns = 0x20;
constexpr std::uint8_t kRate = 0x0F;
constexpr std::uint8_t kSet = 0x80;  // register B
constexpr std::uint8_t kInterrupts =
    0x70;  // enables in B, flags in C: periodic, alarm, update ended
constexpr std::uint8_t kSquareWave = 0x08;
constexpr std::uint8_t kBinary = 0x04;
constexpr std::uint8_t k24Hours = 0x02;
constexpr std::uint8_t kIrqFlag = 0x80;  // register C
constexpr std::uint8_t kPeriodic = 0x40;
constexpr std::uint8_t kAlarm = 0x20;
constexpr std::uint8_t kUpdateEnded = 0x10;
constexpr std::uint8_t kValidRam = 0x80;  // register D
constexpr std::uint8_t kAfternoon = 0x80;
constexpr std::uint8_t kDontCare = 0xC0;

constexpr std::uint64_t kCrystal = 32768;
// [146818] "Update cycle" at 32 kHz: UIP rises 244 us before the 1984 us that the update takes.
constexpr Nanoseconds kUpdateWindow = 244 * kMicrosecond + 1984 * kMicrosecond;
constexpr Nanoseconds kReleaseDelay = kSecond / 2;

// Index 0 stands for any month that is none.
constexpr std::array<std::uint8_t, 13> kDays{31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr std::array<std::uint8_t, 12> kWeekdayShift{0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};

constexpr unsigned days_in(unsigned month, bool leap_year) {
  return month == 2 && leap_year ? 29 : kDays[month <= 12 ? month : 0];
}

// Sunday = 1. Sakamoto's rule.
constexpr unsigned weekday_of(unsigned year, unsigned month, unsigned day) {
  const unsigned y = month < 3 ? year - 1 : year;
  return (y + y / 4 - y / 100 + y / 400 + kWeekdayShift[(month - 1) % 12] + day) % 7 + 1;
}
static_assert(weekday_of(1994, 1, 1) == 7);
static_assert(weekday_of(2000, 2, 29) == 3);
}  // namespace

Cmos::Cmos(Scheduler& scheduler)
    : scheduler_(scheduler),
      second_event_(scheduler, "cmos.second", Delegate<void()>::to<&Cmos::second_passed>(*this)),
      periodic_event_(scheduler, "cmos.periodic",
                      Delegate<void()>::to<&Cmos::periodic_tick>(*this)) {
  ram_[kRegisterA] = 0x26;
  ram_[kRegisterB] = k24Hours;
  set_time(DateTime());
  phase_ = scheduler.now() % kSecond;
  seen_periodic_ = periodic_ticks();
  scheduler_.schedule(second_event_, kSecond);
}

void Cmos::reset() {
  ram_[kRegisterB] &= static_cast<std::uint8_t>(~(kInterrupts | kSquareWave));
  take_flags();
  index_ = 0;
  nmi_masked_ = false;
  update_irq();
}

void Cmos::claim_ports(IoPorts& ports) {
  ports.claim(*this, "cmos", 0x70, 0x71);
}

void Cmos::update_checksum() {
  unsigned sum = 0;
  for (std::size_t i = kChecksumFirst; i <= kChecksumLast; ++i) sum += ram_[i];
  ram_[kChecksum] = static_cast<std::uint8_t>(sum >> 8);
  ram_[kChecksum + 1] = static_cast<std::uint8_t>(sum);
}

void Cmos::set_time(const DateTime& time) {
  const bool full_day = (ram_[kRegisterB] & k24Hours) != 0;
  const unsigned twelfth = time.hour % 12 == 0 ? 12 : time.hour % 12;
  const auto half = time.hour < 12 ? std::uint8_t{0} : kAfternoon;
  ram_[kSeconds] = encode(time.second);
  ram_[kMinutes] = encode(time.minute);
  ram_[kHours] = full_day ? encode(time.hour) : static_cast<std::uint8_t>(encode(twelfth) | half);
  ram_[kWeekday] = encode(weekday_of(time.year, time.month, time.day));
  ram_[kDay] = encode(time.day);
  ram_[kMonth] = encode(time.month);
  ram_[kYear] = encode(time.year % 100);
  const unsigned century = time.year / 100;
  ram_[kCentury] = ram_[kCenturyPs2] =
      static_cast<std::uint8_t>(century / 10 % 10 << 4 | century % 10);
}

std::uint8_t Cmos::in8(std::uint16_t port) {
  return (port & 1) == 0 ? std::uint8_t{0xFF} : read_register();
}

void Cmos::out8(std::uint16_t port, std::uint8_t value) {
  if ((port & 1) == 0) {
    index_ = value & 0x7F;
    nmi_masked_ = (value & 0x80) != 0;
  } else {
    write_register(value);
  }
}

std::uint8_t Cmos::read_register() {
  switch (index_) {
    case kRegisterA:
      return static_cast<std::uint8_t>(ram_[kRegisterA] |
                                       (update_in_progress() ? kUpdateInProgress : 0));
    case kRegisterC:
      return take_flags();
    case kRegisterD:
      return kValidRam;
    default:
      return ram_[index_];
  }
}

void Cmos::write_register(std::uint8_t value) {
  switch (index_) {
    case kSeconds:
      ram_[kSeconds] = value & 0x7F;
      break;
    case kRegisterA: {
      note_periodic();
      const bool ran = running();
      ram_[kRegisterA] = value & (kDivider | kRate);
      if (ran != running()) restart_chain();
      seen_periodic_ = periodic_ticks();
      schedule_periodic();
      break;
    }
    case kRegisterB:
      note_periodic();
      ram_[kRegisterB] = value;
      if (setting()) ram_[kRegisterB] &= static_cast<std::uint8_t>(~kUpdateEnded);
      schedule_periodic();
      update_irq();
      break;
    case kRegisterC:
    case kRegisterD:
      break;
    default:
      ram_[index_] = value;
      break;
  }
}

std::uint8_t Cmos::take_flags() {
  note_periodic();
  const std::uint8_t flags = ram_[kRegisterC];
  ram_[kRegisterC] = 0;
  schedule_periodic();
  update_irq();
  const bool interrupting = (flags & ram_[kRegisterB] & kInterrupts) != 0;
  return static_cast<std::uint8_t>(interrupting ? flags | kIrqFlag : flags);
}

// PF is set by every tick, awaited or not.
void Cmos::note_periodic() {
  const std::uint64_t ticks = periodic_ticks();
  if (ticks != seen_periodic_) ram_[kRegisterC] |= kPeriodic;
  seen_periodic_ = ticks;
}

bool Cmos::running() const {
  return (ram_[kRegisterA] & kDivider) == kDividerRuns;
}
bool Cmos::setting() const {
  return (ram_[kRegisterB] & kSet) != 0;
}

bool Cmos::update_in_progress() const {
  return running() && !setting() && chain_time() % kSecond >= kSecond - kUpdateWindow;
}

Nanoseconds Cmos::chain_time() const {
  return scheduler_.now() + kSecond - phase_;
}

std::uint32_t Cmos::period() const {
  const unsigned rate = ram_[kRegisterA] & kRate;
  if (!running() || rate == 0) return 0;
  return rate < 3 ? 64u << rate : 1u << (rate - 1);  // 1 and 2: 256 and 128 Hz
}

std::uint64_t Cmos::periodic_ticks() const {
  return period() == 0 ? 0 : scale(chain_time(), kCrystal, kSecond) / period();
}

// The first update comes half a second after the divider is released.
void Cmos::restart_chain() {
  if (running()) {
    phase_ = (scheduler_.now() + kReleaseDelay) % kSecond;
    scheduler_.schedule(second_event_, kReleaseDelay);
  } else {
    scheduler_.cancel(second_event_);
  }
}

// Once PF is set further ticks change nothing until register C is read.
void Cmos::schedule_periodic() {
  const bool wanted = (ram_[kRegisterB] & kPeriodic) != 0 && (ram_[kRegisterC] & kPeriodic) == 0;
  if (!wanted || period() == 0) return scheduler_.cancel(periodic_event_);
  const std::uint64_t clock = (seen_periodic_ + 1) * period();
  const Nanoseconds due =
      clock / kCrystal * kSecond + (clock % kCrystal * kSecond + kCrystal - 1) / kCrystal + phase_;
  scheduler_.schedule_at(periodic_event_, due - kSecond);
}

void Cmos::periodic_tick() {
  note_periodic();
  update_irq();
}

void Cmos::second_passed() {
  scheduler_.schedule(second_event_, kSecond);
  if (setting()) return;
  advance_clock();
  raise(alarm_matches() ? kUpdateEnded | kAlarm : kUpdateEnded);
}

void Cmos::raise(std::uint8_t flags) {
  ram_[kRegisterC] |= flags;
  update_irq();
}

void Cmos::update_irq() {
  irq.set((ram_[kRegisterC] & ram_[kRegisterB] & kInterrupts) != 0);
}

unsigned Cmos::decode(std::uint8_t value) const {
  return (ram_[kRegisterB] & kBinary) != 0 ? value : value / 16u * 10 + value % 16u;
}

std::uint8_t Cmos::encode(unsigned value) const {
  if ((ram_[kRegisterB] & kBinary) != 0) return static_cast<std::uint8_t>(value);
  return static_cast<std::uint8_t>(value / 10 % 10 << 4 | value % 10);
}

// Counts one field on; true when it wraps. A field beyond its range (a guest may write anything)
// wraps too.
bool Cmos::carry(std::size_t index, unsigned first, unsigned last) {
  const unsigned next = decode(ram_[index]) + 1;
  ram_[index] = encode(next > last ? first : next);
  return next > last;
}

void Cmos::advance_clock() {
  if (!carry(kSeconds, 0, 59) || !carry(kMinutes, 0, 59) || !advance_hour()) return;
  carry(kWeekday, 1, 7);
  // The chip knows two digits of the year: every fourth one is a leap year.
  const bool leap_year = decode(ram_[kYear]) % 4 == 0;
  if (!carry(kDay, 1, days_in(decode(ram_[kMonth]), leap_year))) return;
  if (carry(kMonth, 1, 12) && carry(kYear, 0, 99)) advance_century();
}

// True at midnight.
bool Cmos::advance_hour() {
  if ((ram_[kRegisterB] & k24Hours) != 0) return carry(kHours, 0, 23);
  std::uint8_t half = ram_[kHours] & kAfternoon;
  const unsigned hour = decode(ram_[kHours] & 0x7F);
  const bool turns = hour == 11;  // 11 -> 12 changes AM and PM, 12 -> 1 does not
  if (turns) half ^= kAfternoon;
  ram_[kHours] = static_cast<std::uint8_t>(encode(hour >= 12 ? 1 : hour + 1) | half);
  return turns && half == 0;
}

// BCD in either data mode. 37h only where it is a century: the same as 32h.
void Cmos::advance_century() {
  const std::uint8_t old = ram_[kCentury];
  const unsigned next = (old / 16u * 10 + old % 16u + 1) % 100;
  ram_[kCentury] = static_cast<std::uint8_t>(next / 10 << 4 | next % 10);
  if (ram_[kCenturyPs2] == old) ram_[kCenturyPs2] = ram_[kCentury];
}

bool Cmos::alarm_matches() const {
  for (const std::size_t field : {kSeconds, kMinutes, kHours}) {
    const std::uint8_t alarm = ram_[field + 1];
    if ((alarm & kDontCare) != kDontCare && alarm != ram_[field]) return false;
  }
  return true;
}

void Cmos::serialize(Archive& archive) {
  archive.tag("cmos", 1);
  archive(irq);
  archive(ram_);
  archive(index_);
  archive(nmi_masked_);
  archive(phase_);
  archive(seen_periodic_);
  if (archive.loading()) {
    index_ &= 0x7F;
    phase_ %= kSecond;
  }
}

}  // namespace devices
