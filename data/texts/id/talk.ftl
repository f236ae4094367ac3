# Sapaan, jawaban di luar laporan, dan serah terima kepada petugas.

notice = Ini layanan otomatis Pemerintah Kabupaten Kutai Timur: nomor, pesan, lokasi, dan foto Bapak/Ibu disimpan untuk menangani laporan sesuai UU PDP 27/2022; pertanyaan tentang data bisa disampaikan kepada *petugas*.

greeting = Salam, Bapak/Ibu. Kita lanjutkan, ya.
greeting_menu = Salam, Bapak/Ibu. Silakan langsung tulis masalah dan lokasinya, atau pilih:
menu = Saya membantu meneruskan laporan ke SP4N-LAPOR! dan keadaan darurat ke 112. Silakan langsung tulis masalah dan lokasinya, atau pilih:
help = Tulis masalah dan lokasinya, saya susun menjadi laporan. Kapan saja bisa tulis *batal*, *ulang*, *status*, atau *petugas*.
you_are_welcome = Sama-sama, Bapak/Ibu.
sorry_bot = Mohon maaf, saya layanan otomatis dan bisa salah paham. Tulis *petugas* kalau ingin bicara dengan orang.
off_topic = Maaf, itu di luar yang bisa saya bantu. Saya menerima laporan layanan publik di Kutai Timur dan keadaan darurat.
privacy = Kami menyimpan nomor, nama profil, pesan, lokasi, dan foto untuk menangani laporan; instansi yang menangani melihat isinya. Untuk melihat atau menghapus data, tulis *petugas*.
no_answer_known = Maaf, saya belum punya jawaban resmi untuk pertanyaan itu.
offer_to_file_question = Saya belum punya jawaban resmi untuk pertanyaan itu. Mau diteruskan ke instansi sebagai permintaan informasi?
old_button = Tombol itu dari percakapan sebelumnya.
old_button_menu = Tombol itu sudah tidak berlaku. Silakan langsung tulis masalah dan lokasinya, atau pilih:

received_voice = Saya menerima pesan suara, tetapi belum bisa mendengarkannya. Mohon ditulis dengan kata-kata.
received_sticker = Saya menerima stiker. Mohon ditulis dengan kata-kata.
received_video = Saya menerima video, tetapi belum bisa membacanya. Mohon tulis isinya dan kirim foto.
received_document = Saya menerima dokumen, tetapi belum bisa membacanya. Mohon tulis isinya atau kirim sebagai foto.
received_contact = Saya menerima kontak. Untuk laporan, mohon tulis masalah dan lokasinya.
received_unsupported = Saya menerima pesan yang belum bisa saya baca. Mohon ditulis dengan kata-kata atau kirim foto.

staff_called = Permintaan Bapak/Ibu untuk bicara dengan petugas sudah diteruskan. Sambil menunggu, saya tetap membantu.
staff_already_called = Petugas sudah diberi tahu dan akan membalas di sini.
staff_here =
    { $has_by ->
        [yes] { $by } sekarang membalas langsung di sini. Saya diam dulu.
       *[no] Petugas sekarang membalas langsung di sini. Saya diam dulu.
    }
staff_gone = Percakapan dengan petugas selesai. Saya kembali membantu di sini.
staff_timed_out = Petugas belum membalas selama 60 menit. Saya kembali membantu; tulis *petugas* kalau masih perlu.

trouble = *Telepon 112 (gratis)* kalau ada bahaya. Maaf, pesan tadi belum bisa kami baca; petugas sudah diberi tahu dan akan membalas di sini.
