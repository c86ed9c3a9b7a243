// VHDs made by hand and by the driver, on a host in memory, for the driver's own tests.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "storage/vhd_frame.h"
#include "tests/storage/battery.h"

namespace support {

using Sectors = std::vector<std::uint8_t>;

inline Sectors sectors_of(std::uint8_t value, std::size_t count = 1) {
  return Sectors(count * storage::kSectorSize, value);
}

// A host with images on it.
class VhdHost {
 public:
  std::shared_ptr<MemoryHost> host = MemoryHost::make();
  std::vector<std::string> warnings;

  void create(const std::string& name, std::uint64_t sectors, storage::Options options = {}) {
    storage::CreateOptions create;
    create.sectors = sectors;
    create.options = std::move(options);
    storage::create_image(host->place(name), storage::kVhdFormat, create, seeded());
  }
  void create_child(const std::string& parent, const std::string& name,
                    storage::Options options = {}) {
    const auto base = open(parent, storage::OpenMode::read_only);
    storage::CreateOptions create;
    create.options = std::move(options);
    create.parent = storage::ParentRef{
        .image = base.image, .name = parent, .format = "vhd", .path = "/images/" + parent};
    storage::create_image(host->place(name), storage::kVhdFormat, create, seeded());
  }
  storage::OpenedImage open(const std::string& name,
                            storage::OpenMode mode = storage::OpenMode::read_write,
                            storage::OpenOptions options = {}) {
    options.mode = mode;
    options.ids = std::make_shared<storage::SeededIds>(++seed_);
    options.registry = std::make_shared<storage::FileRegistry>();
    options.warn = [this](std::string_view text) { warnings.emplace_back(text); };
    return storage::open_image(host->place(name, storage::host_rules(options)), options);
  }
  // Why it does not open, or "opened".
  std::string refusal(const std::string& name,
                      storage::OpenMode mode = storage::OpenMode::read_only,
                      storage::OpenOptions options = {}) {
    try {
      open(name, mode, std::move(options));
    } catch (const storage::ImageError& error) {
      return error.what();
    }
    return "opened";
  }
  storage::CheckReport check(const std::string& name, storage::CheckOptions options = {}) {
    return storage::check_image(host->place(name), storage::kVhdFormat, options, {});
  }
  storage::CheckReport repair(const std::string& name, bool drop_data = false) {
    storage::CheckOptions options;
    options.repair = storage::CheckOptions::Repair::all;
    options.drop_data = drop_data;
    return check(name, options);
  }

  template <class T>
  T get(const std::string& name, std::uint64_t offset) {
    T value;
    host->bytes(name).read(offset, {reinterpret_cast<std::uint8_t*>(&value), sizeof value});
    return value;
  }
  template <class T>
  void put(const std::string& name, std::uint64_t offset, const T& value) {
    host->bytes(name).write(offset, {reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
  }
  std::uint64_t size(const std::string& name) { return host->bytes(name).size(); }
  storage::VhdFooter footer(const std::string& name) {
    return get<storage::VhdFooter>(name, size(name) - 512);
  }
  // Changes both copies of the footer (of a dynamic disk).
  void change_footer(const std::string& name,
                     const std::function<void(storage::VhdFooter&)>& change) {
    storage::VhdFooter next = footer(name);
    const bool fixed = next.type == std::uint32_t{2};
    change(next);
    next.checksum = storage::vhd_checksum(next);
    put(name, size(name) - 512, next);
    if (!fixed) put(name, 0, next);
  }
  void change_header(const std::string& name,
                     const std::function<void(storage::VhdHeader&)>& change) {
    auto header = get<storage::VhdHeader>(name, 512);
    change(header);
    header.checksum = storage::vhd_checksum(header);
    put(name, 512, header);
  }

 private:
  storage::OpenOptions seeded() { return {.ids = std::make_shared<storage::SeededIds>(++seed_)}; }
  std::uint64_t seed_ = 0;
};

inline Sectors read_some(storage::BlockDevice& device, std::uint64_t lba, std::size_t count = 1) {
  Sectors found(count * storage::kSectorSize, 0xEE);
  if (device.read(lba, found) != storage::IoStatus::ok) FAIL("cannot read sector " << lba);
  return found;
}

}  // namespace support
