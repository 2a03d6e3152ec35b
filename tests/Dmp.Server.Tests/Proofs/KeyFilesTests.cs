using Dmp.Proofs;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>Files beside the keys, which several servers may write.</summary>
public sealed class KeyFilesTests
{
    [Fact]
    public async Task A_file_that_several_write_at_once_is_always_whole()
    {
        var directory = Directory.CreateTempSubdirectory("dmp-keys-").FullName;
        try
        {
            var path = Path.Combine(directory, "last-checkpoint");
            var contents = Enumerable.Range(0, 8).Select(writer => new string((char)('a' + writer), 5_000)).ToArray();
            KeyFiles.Replace(path, contents[0]);
            await Task.WhenAll(contents.Select(content => Task.Run(() =>
            {
                for (var i = 0; i < 25; i++)
                {
                    KeyFiles.Replace(path, content);
                    Assert.Contains(File.ReadAllText(path), contents);
                }
            })));
            Assert.Equal([path], Directory.GetFiles(directory));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
