// `platter image VERB ...`: the image tool. Knows storage and nothing of the emulator; verbs,
// option letters, argument order and exit codes are qemu-img's where it has them. docs/image.md
// describes the verbs.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>

#include "storage/directory.h"
#include "storage/id_source.h"

namespace emu::image_tool {

// What a verb has around it: the process's own, or what a script or a test puts in its place.
struct Surroundings {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::function<bool()> interrupted = {};  // asked now and then; may be empty
  bool terminal = false;                   // err is one: a progress bar may draw
  // Where a name given by the user is; empty: on the host.
  std::function<storage::Place(const std::filesystem::path&, storage::HostRules)> place_of = {};
  std::shared_ptr<storage::IdSource> ids = {};  // without --seed; null: the host's
};

// The words after `image`. Answers the exit code; throws nothing that input could cause.
int run_image_command(std::span<const std::string> words, const Surroundings& around);

}  // namespace emu::image_tool
