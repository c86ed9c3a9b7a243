// Small VMDKs in memory, for tests of the driver's own.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "storage/format.h"
#include "storage/vmdk_shape.h"
#include "tests/catch.hpp"
#include "tests/support/memory_host.h"

namespace support {

using VmdkBytes = std::vector<std::uint8_t>;

struct VmdkRig {
  std::shared_ptr<MemoryHost> host = MemoryHost::make();
  std::vector<std::string> warnings;
  std::uint64_t seed = 1;

  void put(const std::string& name, std::string_view text) {
    host->put(name, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  void make(const std::string& name, std::uint64_t sectors, storage::Options options = {},
            const std::string& parent = "") {
    storage::CreateOptions create{
        .sectors = sectors, .geometry = {}, .options = std::move(options), .parent = {}};
    storage::OpenedImage base;
    if (!parent.empty()) {
      base = open(parent, storage::OpenMode::read_only);
      create.parent = storage::ParentRef{base.image, parent, "vmdk", parent};
    }
    storage::create_image(host->place(name), storage::kVmdkFormat, create,
                          {.ids = std::make_shared<storage::SeededIds>(++seed)});
  }
  storage::OpenedImage open(const std::string& name,
                            storage::OpenMode mode = storage::OpenMode::read_write,
                            bool force = false) {
    storage::OpenOptions options;
    options.mode = mode;
    options.format = "vmdk";
    options.force = force;
    options.ids = std::make_shared<storage::SeededIds>(++seed);
    options.warn = [this](std::string_view line) { warnings.emplace_back(line); };
    return storage::open_image(host->place(name, storage::host_rules(options)), options);
  }
  // What opening says when it refuses; empty when it does not.
  std::string refusal(const std::string& name,
                      storage::OpenMode mode = storage::OpenMode::read_only) {
    try {
      open(name, mode);
      return "";
    } catch (const storage::ImageError& error) {
      return error.what();
    }
  }
  void write(const std::string& name, std::uint64_t lba, std::uint8_t byte,
             std::uint64_t count = 1) {
    const auto image = open(name);
    const VmdkBytes bytes(static_cast<std::size_t>(count * storage::kSectorSize), byte);
    REQUIRE(image.device->write(lba, bytes) == storage::IoStatus::ok);
    REQUIRE(image.device->close() == storage::IoStatus::ok);
  }
  // The first byte of a sector.
  int byte_at(const std::string& name, std::uint64_t lba) {
    VmdkBytes sector(storage::kSectorSize, 0xEE);
    const auto image = open(name, storage::OpenMode::read_only);
    REQUIRE(image.device->read(lba, sector) == storage::IoStatus::ok);
    return sector[0];
  }
  std::string id(const std::string& name) {
    for (const auto& [key, value] : open(name, storage::OpenMode::read_only).image->info().ids) {
      if (key == "CID") return value;
    }
    return "";
  }
  std::string text(const std::string& name) {
    const auto bytes = host->bytes(name).all();
    return {bytes.begin(), bytes.end()};
  }
  storage::VmdkHeader header(const std::string& name) {
    storage::VmdkHeader header;
    const auto bytes = host->bytes(name).all();
    std::memcpy(&header, bytes.data(), sizeof header);
    return header;
  }
  void set_header(const std::string& name, const storage::VmdkHeader& header) {
    auto bytes = host->bytes(name).all();
    std::memcpy(bytes.data(), &header, sizeof header);
    host->put(name, bytes);
  }
  void patch(const std::string& name, std::uint64_t offset, std::uint32_t word) {
    auto bytes = host->bytes(name).all();
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[static_cast<std::size_t>(offset) + i] = static_cast<std::uint8_t>(word >> (8 * i));
    }
    host->put(name, bytes);
  }
  std::uint32_t word_at(const std::string& name, std::uint64_t offset) {
    const auto bytes = host->bytes(name).all();
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      word |= std::uint32_t{bytes[static_cast<std::size_t>(offset) + i]} << (8 * i);
    }
    return word;
  }
  storage::CheckReport check(const std::string& name, const storage::CheckOptions& options = {}) {
    return storage::check_image(host->place(name), storage::kVmdkFormat, options, {});
  }
};

}  // namespace support
