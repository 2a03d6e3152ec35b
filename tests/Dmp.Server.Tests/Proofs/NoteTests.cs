using System.Globalization;
using Dmp.Proofs;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>Signed notes as Go's module checksum database and its witnesses read them.</summary>
public sealed class NoteTests
{
    // From the documentation of golang.org/x/mod/sumdb/note.
    private const string Vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string Note =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        + "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    [Fact]
    public void A_note_signed_by_another_program_is_verified()
    {
        var key = NoteVerifier.Parse(Vkey);
        Assert.Equal(("PeterNeumann", "c74f20a3", Vkey), (key.Name, key.KeyId, key.Text));
        Assert.Equal([key], SignedNote.Parse(Note).SignedBy([key]));
        Assert.Empty(SignedNote.Parse(Note.Replace("think", "thunk", StringComparison.Ordinal)).SignedBy([key]));
        Assert.Empty(SignedNote.Parse(Note.Replace("BwJnAM=", "BwJnQM=", StringComparison.Ordinal)).SignedBy([key]));

        // The same bytes in another writing are not the same note.
        Assert.Throws<FormatException>(() => SignedNote.Parse(Note.Replace("JnAM=", "JnAN=", StringComparison.Ordinal)));
    }

    [Fact]
    public void Several_keys_sign_and_one_that_is_trusted_is_enough()
    {
        using var old = NoteSigner.Generate("dmp.example/trace");
        using var current = NoteSigner.Generate("dmp.example/trace");
        using var foreign = NoteSigner.Generate("witness.example");
        var note = Checkpoint.Sign("dmp.example/trace", 7, TreeHash.Empty, [current, old]);
        var checkpoint = Checkpoint.Parse(note);

        Assert.Equal(("dmp.example/trace", 7L), (checkpoint.Origin, checkpoint.Size));
        Assert.Equal(TreeHash.Empty, checkpoint.Root.ToArray());
        Assert.StartsWith(
            "dmp.example/trace\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u2014 dmp.example/trace ", note,
            StringComparison.Ordinal);
        Assert.True(checkpoint.IsSignedBy([old.Verifier]));
        Assert.True(checkpoint.IsSignedBy([current.Verifier, foreign.Verifier]));
        Assert.False(checkpoint.IsSignedBy([foreign.Verifier]));
        Assert.False(checkpoint.IsSignedBy([]));
        Assert.False(
            Checkpoint.Parse(note.Replace("\n7\n", "\n8\n", StringComparison.Ordinal)).IsSignedBy([old.Verifier, current.Verifier]));

        // A cosigned checkpoint stays one of the log; a witness's signature alone is none.
        var cosigned = Checkpoint.Parse(SignedNote.Sign(SignedNote.Parse(note).Text, [current, foreign]));
        Assert.True(cosigned.IsSignedBy([current.Verifier]));
        Assert.False(Checkpoint.Parse(SignedNote.Sign(SignedNote.Parse(note).Text, [foreign])).IsSignedBy([foreign.Verifier]));
    }

    [Fact]
    public void A_checkpoint_says_which_one_it_is_and_its_number_is_signed()
    {
        using var key = NoteSigner.Generate("dmp.example/trace");
        var note = Checkpoint.Sign("dmp.example/trace", 7, TreeHash.Empty, [key], 3);

        Assert.StartsWith(
            "dmp.example/trace\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\ncheckpoint 3\n\n", note, StringComparison.Ordinal);
        var read = Checkpoint.Parse(note);
        Assert.Equal(3, read.Number);
        Assert.True(read.IsSignedBy([key.Verifier]));
        Assert.False(Checkpoint.Parse(note.Replace("checkpoint 3", "checkpoint 2", StringComparison.Ordinal)).IsSignedBy([key.Verifier]));
        Assert.Null(Checkpoint.Parse(note.Replace("checkpoint 3", "checkpoint -3", StringComparison.Ordinal)).Number);
        Assert.Null(Checkpoint.Parse(note.Replace("checkpoint 3", "else 3", StringComparison.Ordinal)).Number);
        Assert.Equal(3, Checkpoint.Parse(note.Replace("checkpoint 3", "else 2\ncheckpoint 3", StringComparison.Ordinal)).Number);
    }

    [Theory]
    [InlineData(0, "1 2 3", "")]
    [InlineData(0, "2", "1 to 1")]
    [InlineData(0, "1 3", "2 to 2")]
    [InlineData(0, "1 2 2", "3 is its place")]
    [InlineData(0, "1 3 2", "2 to 2|4 is its place")]
    [InlineData(0, "- - 3", "")]
    [InlineData(0, "- - 4", "3 to 3")]
    [InlineData(0, "- - 2", "3 is its place")]
    [InlineData(0, "1 x 3", "")]
    [InlineData(0, "1 x 2", "3 is its place")]
    [InlineData(7, "8 9", "")]
    [InlineData(7, "9", "8 to 8")]
    [InlineData(null, "9 10 12", "11 to 11")]
    public void Checkpoints_follow_each_other_by_number(int? last, string numbers, string faults)
    {
        using var key = NoteSigner.Generate("dmp.example/trace");
        CheckpointOrder order = new(last);
        List<string> told = [];
        foreach (var number in numbers.Split(' '))
        {
            if (number == "x")
            {
                order.Skip();
            }
            else if (order.Next(Checkpoint.Parse(Checkpoint.Sign(
                "dmp.example/trace", 7, TreeHash.Empty, [key],
                number == "-" ? null : long.Parse(number, CultureInfo.InvariantCulture)))) is { } fault)
            {
                told.Add(fault);
            }
        }

        var expected = faults.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Length, told.Count);
        Assert.All(expected.Zip(told), pair => Assert.EndsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void A_private_key_is_read_as_it_was_written()
    {
        using var key = NoteSigner.Generate("dmp.example/trace");
        using var read = NoteSigner.Parse(key.Export() + "\n");
        Assert.Equal(key.Verifier.Text, read.Verifier.Text);
        Assert.Matches(@"^PRIVATE\+KEY\+dmp\.example/trace\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$", key.Export());
    }

    [Theory]
    [InlineData("")]
    [InlineData("PeterNeumann")]
    [InlineData("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10")]
    [InlineData("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    public void What_is_no_key_is_refused(string vkey) => Assert.Throws<FormatException>(() => NoteVerifier.Parse(vkey));

    [Theory]
    [InlineData("")]
    [InlineData("a\n")]
    [InlineData("a\n\nb\n")]
    [InlineData("a\n\n\u2014 name\n")]
    [InlineData("a\n\n\u2014 name AAAA\n")]
    [InlineData("a\n\n\u2014 name x08go/ZJkuBS9UG=")]
    public void What_is_no_note_is_refused(string note) => Assert.Throws<FormatException>(() => SignedNote.Parse(note));

    [Theory]
    [InlineData("7\nx\n")]
    [InlineData("dmp.example/trace\n-7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("dmp.example/trace\n07\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("dmp.example/trace\n7\n47DEQpj8HBSa\n")]
    public void What_is_no_checkpoint_is_refused(string text)
    {
        using var key = NoteSigner.Generate("dmp.example/trace");
        Assert.Throws<FormatException>(() => Checkpoint.Parse(SignedNote.Sign(text, [key])));
    }

    [Fact]
    public void Key_files_are_for_their_owner_alone_and_the_newest_comes_first()
    {
        var directory = Directory.CreateTempSubdirectory("dmp-keys-").FullName;
        try
        {
            var now = DateTimeOffset.UtcNow;
            var older = KeyFiles.Create(directory, "dmp.example/trace", now.AddDays(-1));
            var newer = KeyFiles.Create(directory, "dmp.example/trace", now);
            Assert.Equal([newer.Key.Text, older.Key.Text], KeyFiles.Load(directory).Select(key => key.Key.Verifier.Text));
            if (OperatingSystem.IsLinux())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(older.Path));
                File.SetUnixFileMode(older.Path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
                Assert.Contains("0600", Assert.Throws<FormatException>(() => KeyFiles.Load(directory)).Message, StringComparison.Ordinal);
                File.Delete(older.Path);
            }

            KeyFiles.Create(directory, "other.example/trace", now.AddDays(1));
            Assert.Contains(
                "different logs", Assert.Throws<FormatException>(() => KeyFiles.Load(directory)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
