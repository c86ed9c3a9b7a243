// rom_checksum IN OUT: copies a ROM image and sets its last byte so that all bytes sum to 0 modulo
// 256, which is what a BIOS tests before it calls an option ROM. The source keeps that byte free
// (as 0).
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: rom_checksum IN OUT\n";
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  std::vector<char> image{std::istreambuf_iterator<char>(in), {}};
  if (!in || image.empty()) {
    std::cerr << "rom_checksum: " << argv[1] << ": cannot read, or empty\n";
    return 1;
  }
  if (image.size() % 512 != 0 || image.back() != 0) {
    std::cerr << "rom_checksum: " << argv[1] << ": " << image.size()
              << " bytes is no multiple of 512, or the last byte is in use\n";
    return 1;
  }
  const unsigned sum = std::accumulate(image.begin(), image.end(), 0U, [](unsigned total, char c) {
    return total + static_cast<std::uint8_t>(c);
  });
  image.back() = static_cast<char>(0U - sum);
  std::ofstream out(argv[2], std::ios::binary);
  out.write(image.data(), static_cast<std::streamsize>(image.size()));
  out.close();
  if (!out) {
    std::cerr << "rom_checksum: " << argv[2] << ": cannot write\n";
    return 1;
  }
  return 0;
}
