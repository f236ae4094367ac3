# Keadaan darurat: 112 selalu lebih dulu, tenang, satu pertanyaan, tanpa janji bantuan sebelum ada yang menerima.

emergency_live =
    { $type ->
        [krisis_jiwa] { emergency_live.calm }
       *[other] { emergency_live.alarm }
    }
    .call = *Telepon 112 sekarang (gratis)*
    .calm = { emergency_live.call }{"\u000A"}Bapak/Ibu tidak sendirian. Untuk didampingi tenaga kesehatan jiwa: *119 ext 8* (tekan 8). Pesan ini sudah diteruskan ke petugas 112, belum pasti sudah dibaca. Tetaplah bersama orang yang dipercaya, jauhkan benda berbahaya, dan tarik napas pelan-pelan.{ $outside ->
            [yes] {" "}Lokasinya di luar Kutai Timur; petugas 112 akan meneruskannya.
           *[no] {""}
        }
    .alarm = { emergency_live.call }{"\u000A"}Pesan ini juga sudah diteruskan ke petugas 112, tetapi belum pasti sudah dibaca. Tetap telepon.{ $outside ->
            [yes] {" "}Lokasinya di luar Kutai Timur; petugas 112 akan meneruskannya ke daerah itu.
           *[no] {""}
        }{"\u000A\u000A"}{ emergency_live.safety }
    .safety = { $type ->
        [kebakaran] Segera keluar, merunduk di bawah asap, dan jangan kembali ke dalam.
        [kecelakaan] Jangan pindahkan korban kecuali ada api; beri tanda bagi kendaraan lain dari tempat aman.
        [medis] Periksa napasnya, jangan beri makan atau minum, dan ikuti arahan petugas di telepon.
        [banjir] Naik ke tempat tinggi dan jangan menyeberangi air yang mengalir.
        [bencana] Menjauh dari lereng, bangunan retak, dan tiang; tunggu di tempat terbuka.
        [sar] Jangan ikut masuk ke air atau hutan; lemparkan tali atau pelampung bila ada, dan tandai tempat terakhir terlihat.
        [kriminal] Menjauh ke tempat aman dan terkunci; jangan melawan atau mengejar pelaku.
        [hewan_buas] Mundur perlahan ke tempat tertutup; jangan menangkap atau memancing hewan itu.
        [listrik] Jauhi kabel sedikitnya 10 meter dan jangan sentuh orang atau air di dekatnya.
        [pohon_tumbang] Menjauh dari pohon dan kabel; jangan mengangkat dahan sendiri.
        [bahan_berbahaya] Menjauh ke arah datangnya angin; jangan menyalakan api atau menekan sakelar lampu.
        [kecelakaan_kerja] Matikan mesin bila aman dan jangan masuk ke lubang atau tangki untuk menolong.
        [krisis_jiwa] Tetaplah bersama orang yang dipercaya dan jauhkan benda berbahaya.
       *[lainnya] Menjauh dari bahaya dan tunggu di tempat aman yang mudah ditemukan.
    }

emergency_ask =
    {"*"}Telepon 112 (gratis)* kalau ada bahaya.{ $type ->
        [krisis_jiwa] {" "}Untuk didampingi tenaga kesehatan jiwa: *119 ext 8*.
       *[other] {""}
    }

    Apakah ini sedang terjadi sekarang dan butuh bantuan?

emergency_ask_again =
    {"*"}Telepon 112 (gratis)* kalau ada bahaya. Keterangan tadi sudah saya catat.

    Apakah ini masih terjadi sekarang dan butuh bantuan? Balas *Ya* atau *Tidak*.

emergency_more =
    { $type ->
        [krisis_jiwa] { emergency_more.calm }
       *[other] { emergency_more.told }
    }
    .calm = *112 tetap bisa dihubungi (gratis)*, begitu juga *119 ext 8*. Terima kasih sudah bercerita, Bapak/Ibu tidak sendirian. Pesan ini sudah diteruskan ke petugas. Kalau bisa, ajak seseorang menemani.
    .told = { $has_by ->
        [yes] *112 tetap bisa dihubungi (gratis).* Keterangan ini diteruskan kepada { $by }.
       *[no] *112 tetap bisa dihubungi (gratis).* Keterangan ini sudah diteruskan, tetapi belum pasti sudah dibaca. Tetap telepon.
    }

emergency_ask_place = Di mana kejadiannya? Kirim lokasi lewat lampiran, atau tulis desa dan patokan terdekat.
emergency_ask_place_again = Mohon sebutkan desa, jalan, atau patokan terdekat, supaya petugas bisa menemukannya.
emergency_ask_phone = Nomor telepon mana yang bisa dihubungi petugas?
emergency_ask_victims = Apakah ada yang terluka atau terjebak? Berapa orang?

emergency_noted = Sudah diteruskan ke petugas 112, tetapi belum pasti sudah dibaca. Tetap telepon *112*.
emergency_noted_by = Sudah diteruskan kepada { $by }.
emergency_withdrawn = Baik, kata-kata Bapak/Ibu sudah diteruskan ke petugas 112. Kalau masih ada bahaya, telepon *112* (gratis).
emergency_over_safe =
    Terima kasih kabarnya, syukurlah kalau sudah aman. { $has_by ->
        [yes] Kabar ini sudah diteruskan kepada { $by }, yang menutup kejadian ini setelah memastikannya.
       *[no] Kabar ini sudah diteruskan ke petugas 112, yang menutup kejadian ini setelah memastikannya.
    } Kalau bahaya muncul lagi, telepon *112* (gratis).
emergency_over_joke =
    Terima kasih sudah memberi tahu. { $has_by ->
        [yes] Kabar ini sudah diteruskan kepada { $by }, yang menutup peringatan ini setelah memastikannya.
       *[no] Kabar ini sudah diteruskan ke petugas 112, yang menutup peringatan ini setelah memastikannya.
    } Kalau benar ada bahaya, telepon *112* (gratis).
emergency_not_raised = Baik, terima kasih kabarnya. Petugas 112 tidak dipanggil. Kalau ada bahaya, telepon *112* (gratis).
emergency_not_now = Baik, tidak ada bahaya sekarang. Kalau berubah, segera telepon *112* (gratis). Kita lanjutkan sebagai laporan biasa.
emergency_alerted_unconfirmed =
    {"*"}Telepon 112 (gratis)* kalau ada bahaya.

    Karena belum ada jawaban, pesan Bapak/Ibu sudah diteruskan ke petugas 112 sebagai keadaan yang belum pasti. Balas *Ya* kalau ini sedang terjadi.
emergency_unanswered =
    {"*"}Telepon 112 sekarang (gratis)*
    Peringatan belum dibaca petugas, jadi kami teruskan juga ke petugas berikutnya. Jangan menunggu balasan di sini.

emergency_acknowledged =
    { $has_by ->
        [yes] Pesan Bapak/Ibu sudah dibaca oleh { $by } pukul { $at }.
       *[no] Pesan Bapak/Ibu sudah dibaca petugas 112 pukul { $at }.
    } Tetap di tempat aman dan jaga telepon tetap menyala.
emergency_dispatched =
    { $has_by ->
        [yes] Pukul { $at } { $by } memberi tahu bahwa bantuan diberangkatkan.
       *[no] Pukul { $at } petugas memberi tahu bahwa bantuan diberangkatkan.
    } Kalau keadaan berubah, tulis di sini atau telepon 112.
emergency_on_scene = Menurut petugas, bantuan sudah tiba di lokasi pukul { $at }. Ikuti arahan mereka.
emergency_resolved = Petugas mencatat kejadian ini sudah tertangani pukul { $at }. Kalau masih ada bahaya, telepon *112* (gratis).
emergency_not_emergency = Petugas menilai kejadian ini bukan keadaan darurat. Kalau masih ada bahaya, telepon *112* (gratis).
