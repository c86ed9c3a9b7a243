// Unicode code points as UTF-8, for names that images hold in other encodings.
#pragma once

#include <cstdint>
#include <string>

namespace storage {

// `code` up to 10FFFFh, no surrogate; whoever has such a thing chooses what stands for it.
void append_utf8(std::string& text, std::uint32_t code);

}  // namespace storage
