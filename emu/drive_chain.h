// What a person does to the files under a hard disk or a floppy while its machine stands between
// two slices: a new child on top, the top layer into its parent, the top layer by itself. The guest
// finds the content that it left. The image is closed for it and opened again, so that locks and
// identities are what the image tool would leave behind.
#pragma once

#include <string>

#include "emu/drive_bay.h"
#include "emu/drive_tap.h"

namespace emu {

enum class ChainChange : std::uint8_t {
  new_child,  // from now on writes go to a new file; the one that is there becomes its parent
  commit,     // the top layer's content goes into its parent, and the top layer is empty then
  detach,     // the top layer takes all that it reads from parents, and has none any more
};

struct ChainChanged {
  std::string file;  // the one that the drive writes to now
  std::string said;  // for the person
};

// `drive` says how it is open: the file itself, no overlay. Throws ImageError or
// storage::Cancelled, and the drive goes on as before; one whose files cannot be opened again
// answers every request with an error.
ChainChanged change_chain(DriveTap& tap, ChainChange change, const DriveConfig& drive,
                          const WarnLine& warn, const storage::Progress& progress = {});

}  // namespace emu
