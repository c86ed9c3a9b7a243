// Opening and creating images by name: finds the format, opens parents, keeps the rules on host
// files. What a machine's drive and the image tool call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/block_device.h"
#include "storage/directory.h"
#include "storage/file.h"
#include "storage/id_source.h"
#include "storage/image.h"
#include "storage/options.h"

namespace storage {

struct FormatDriver;
struct CreateOptions;

inline constexpr std::size_t kMaxLayers = 64;

enum class OpenMode : std::uint8_t {
  read_write,
  read_only,
  discard,  // the guest may write; the file is opened for reading and never changes
};

struct OpenOptions {
  OpenMode mode = OpenMode::read_write;
  std::string format = {};  // a row's name; empty: find out
  bool truncate = false;    // raw: ignore the bytes after the last whole sector
  WarningSink warn = {};    // may be empty; called as long as the image is open
  Options options = {};     // keys of FormatDriver::open_options; parents of that format share them
  // Names inside images may lead to these folders or files too (--allow-dir, and files that the
  // user named himself).
  std::vector<std::filesystem::path> allow = {};
  bool force_share = false;    // -U: take no locks; needs read_only
  bool follow_parents = true;  // off: this layer only; what is the parent's reads as `corrupt`
  // Open in spite of a parent that does not fit or marks that forbid it. Needs read_only.
  bool force = false;
  // The direct parent is opened for writing, as the target of a commit.
  bool write_parent = false;
  // Writing must not change the image's identity (CID, unique id, time stamps): it is such a
  // parent, or what it shows stays the same (rebase).
  bool commit_target = false;
  std::shared_ptr<IdSource> ids = {};           // null: the host's
  std::shared_ptr<FileRegistry> registry = {};  // null: one of its own
};

struct OpenedImage {
  std::unique_ptr<BlockDevice> device;
  const FormatDriver* format = nullptr;
  FileIdentity identity;   // for "one file on two drives"
  Image* image = nullptr;  // the image in or under the device
};

// Everything a drive needs: finds the format, opens and locks the files, puts the discard layer on
// top when asked. Throws ImageError.
OpenedImage open_image(const std::filesystem::path& path, const OpenOptions& options);
// The same for a place that is known already, on real folders or a test's.
OpenedImage open_image(const Place& place, const OpenOptions& options);

// The rules on host files that these options mean.
HostRules host_rules(const OpenOptions& options);

// The driver for the file there, by its name when given, else by its content. Throws ImageError.
const FormatDriver& format_of(const Place& place, NameSource source, std::string_view format);

// Creates an image and leaves it closed. Checks the options, and removes what was made when it does
// not come to its end. Throws ImageError.
void create_image(const Place& place, const FormatDriver& format, const CreateOptions& options,
                  const OpenOptions& surroundings);

// Checks, and repairs when told to, one layer. Throws ImageError; also when the format has no
// check.
CheckReport check_image(const Place& place, const FormatDriver& format, const CheckOptions& options,
                        const OpenOptions& surroundings);

}  // namespace storage
