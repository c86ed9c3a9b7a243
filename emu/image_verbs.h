// The verbs of `platter image`, each in the file of its topic. They answer the exit code and throw
// UsageError, storage::ImageError or storage::Cancelled.
#pragma once

#include "emu/image_session.h"

namespace emu::image_tool {

// image_create.cpp
int create(const Session& session);
int snapshot(const Session& session);
int measure(const Session& session);
// image_info.cpp
int info(const Session& session);
int list_formats(const Session& session);
// image_map.cpp
int map(const Session& session);
// image_check.cpp
int check(const Session& session);
int repair(const Session& session);
// image_convert.cpp
int convert(const Session& session);
int dd(const Session& session);
// image_compare.cpp
int compare(const Session& session);
int diff(const Session& session);
// image_chain.cpp
int commit(const Session& session);
int rebase(const Session& session);
int flatten(const Session& session);
int resize(const Session& session);
int compact(const Session& session);
int create_disk(const Session& session);
int finish(const Session& session);
// image_io.cpp
int io(const Session& session);
// image_bench.cpp
int bench(const Session& session);
// image_fat.cpp
int fat(const Session& session);

}  // namespace emu::image_tool
