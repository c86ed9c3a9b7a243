// What can be wrong with a VHD, and what can be done about it.
#include <algorithm>
#include <string>

#include "storage/file_io.h"
#include "storage/vhd_image.h"

namespace storage {

namespace {

class VhdCheck {
 public:
  VhdCheck(const ImageContext& context, const CheckOptions& options)
      : options_(options),
        repairs_(options.repair != CheckOptions::Repair::none),
        // Wrong checksums are refused as by everybody, but for who wants them made right.
        frame_(context, repairs_ ? FileAccess::read_write : FileAccess::read, repairs_all()) {}

  CheckReport run() {
    if (frame_.footer().saved_state != 0) {
      report_.say("a saved state of Virtual PC depends on the disk as it is");
    }
    if (frame_.tail_buried()) {
      report_.leak(1, "the file was cut off while it grew: there are zeroes behind its footer");
      if (repairs_) {
        require_ok(file(), "repaired", frame_.uncover_tail());
        ++report_.leaks_fixed;
      }
    }
    if (frame_.footer().promised()) report_.say("a commit into its parent was interrupted");
    if (frame_.fixed()) {
      check_fixed();
    } else {
      check_dynamic();
    }
    return std::move(report_);
  }

 private:
  bool repairs_all() const { return options_.repair == CheckOptions::Repair::all; }
  File& file() { return frame_.file(); }
  void fixed(std::uint64_t errors) { report_.errors_fixed += errors; }

  void check_fixed() {
    const std::uint64_t end = frame_.footer().current_size;
    report_.end_offset = frame_.tail_at() + sizeof(VhdFooter);
    if (frame_.tail_at() > end) {
      report_.say(std::to_string(frame_.tail_at() - end) +
                  " bytes between the disk and its footer are unused");
    }
    if (!frame_.bad_checksum()) return;
    report_.error("the footer's checksum is wrong");
    if (!repairs_all()) return;
    require_ok(file(), "repaired", frame_.store_tail(frame_.footer()));
    fixed(1);
  }

  void check_dynamic() {
    const std::uint64_t sectors = sectors_of(frame_.footer(), VhdSizeRule::by_creator);
    const VhdTable table = table_of(file(), frame_.footer().header_at, frame_.header(), sectors);
    VhdScan scan;
    require_ok(file(), "checked", VhdScan::run(frame_, table, &report_, scan));
    report_.clusters = table.blocks();
    report_.allocated = scan.places().size();
    for (std::size_t i = 0; i + 1 < scan.places().size(); ++i) {
      if (scan.places()[i].block > scan.places()[i + 1].block) ++report_.fragmented;
    }
    report_.end_offset = scan.end() * kSectorSize;
    check_entries(table, scan);
    check_footers(scan);
    check_tail(table, scan);
    if (frame_.type() == VhdType::differencing &&
        read_vhd_names(file(), frame_.header()).candidates().empty()) {
      report_.error("the parent's name is missing");
    }
  }

  void check_entries(const VhdTable& table, VhdScan& scan) {
    if (scan.bad().empty() || !repairs_all() || !options_.drop_data) return;
    const Be32 none(kNoVhdBlock);
    for (const std::uint32_t block : scan.bad()) {
      write_exactly(file(), table.bat_at + block * std::uint64_t{4}, bytes_of_struct(none));
    }
    sync_exactly(file());
    fixed(scan.bad().size());
    require_ok(file(), "checked", VhdScan::run(frame_, table, nullptr, scan));
  }

  void check_footers(const VhdScan& scan) {
    const bool bad_checksum = frame_.bad_checksum();
    std::uint64_t errors = 0;
    const auto complain = [&](bool wrong, std::string_view what) {
      if (!wrong) return;
      report_.error(std::string(what));
      ++errors;
    };
    complain(frame_.tail_lost(), "the footer at the end of the file is lost");
    complain(frame_.head_lost() && !bad_checksum, "the footer's copy at the head is lost");
    complain(frame_.head_differs(), "the footer's copy at the head says something else");
    complain(bad_checksum, "a checksum is wrong");
    if (errors == 0 || !repairs_all()) return;
    // A wrong checksum may stand for a wrong anything: made good only when the table makes sense.
    if (bad_checksum && !scan.bad().empty()) return;
    if (bad_checksum) require_ok(file(), "repaired", frame_.store_header_start(frame_.header()));
    if (frame_.tail_lost()) restore_tail(scan);
    require_ok(file(), "repaired", frame_.store_footer(frame_.footer()));
    fixed(errors);
  }

  // Behind the last block, where it belongs, if that is free; else behind all there is.
  void restore_tail(const VhdScan& scan) {
    const std::uint64_t size = file().size();
    std::uint64_t place = scan.end() * kSectorSize;
    if (frame_.split() != nullptr) place = std::max(place, frame_.split()->part_bytes());
    std::uint64_t zeroes = place;
    if (place < size) require_ok(file(), "read", zeroes_until(file(), place, size, zeroes));
    if (zeroes < size && size - place > sizeof(VhdFooter)) {
      place = (size + kSectorSize - 1) / kSectorSize * kSectorSize;
    }
    VhdFooter footer = frame_.footer();
    require_ok(file(), "repaired", frame_.restore_tail(place));
    require_ok(file(), "repaired", frame_.store_tail(footer));
  }

  // Space before the footer that holds no block: an interrupted session leaves it.
  void check_tail(const VhdTable& table, const VhdScan& scan) {
    if (frame_.tail_lost() || !scan.bad().empty()) return;
    std::uint64_t end = scan.end() * kSectorSize;
    if (frame_.split() != nullptr) end = std::max(end, frame_.split()->part_bytes());
    if (frame_.tail_at() <= end) return;
    const std::uint64_t lost = (frame_.tail_at() - end) / (table.place_sectors() * kSectorSize);
    if (lost == 0) return;
    report_.leak(
        lost, "the file has place for " + std::to_string(lost) + " more blocks before its footer");
    if (!repairs_) return;
    std::uint64_t zeroes = end;
    require_ok(file(), "read", zeroes_until(file(), end, frame_.tail_at(), zeroes));
    // Other bytes may be of use to somebody.
    if (zeroes < frame_.tail_at() && !repairs_all()) return;
    require_ok(file(), "cut", frame_.move_tail_down(end));
    report_.leaks_fixed += lost;
  }

  CheckOptions options_;
  bool repairs_;
  VhdFrame frame_;
  CheckReport report_;
};

}  // namespace

CheckReport check_vhd(const ImageContext& context, const CheckOptions& options) {
  return VhdCheck(context, options).run();
}

}  // namespace storage
