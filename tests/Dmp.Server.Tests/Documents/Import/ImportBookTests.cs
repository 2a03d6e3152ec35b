using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Intake;
using Dmp.Server.Options;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>The items of an import under the hands of several: each is due once, ended by one, and closed once.</summary>
public sealed class ImportBookTests
{
    private const int Rounds = 400;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_that_is_given_up_while_its_pieces_come_is_ended_by_one_and_never_while_one_is_written()
    {
        var whole = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var book = new ImportBook(new ImportOptions());
            var item = book.Begin(1, NewCall(), 1, new UploadIntent())!;
            item.Accept(null!);
            var (writing, ended, finished) = (false, 0, false);
            var pieces = round % 7;
            using var start = new Barrier(3);
            void End()
            {
                Assert.False(Volatile.Read(ref writing));
                Interlocked.Increment(ref ended);
                book.Settle(item, new ImportFinding.Refused(Failures.Of(ErrorReason.UploadTakenOver)));
            }

            void GiveUp()
            {
                start.SignalAndWait(Token);
                if (item.TryGiveUp())
                {
                    End();
                }
            }

            void Send()
            {
                start.SignalAndWait(Token);
                for (var piece = 0; piece < pieces && item.TryWrite(); piece++)
                {
                    Volatile.Write(ref writing, true);
                    Thread.SpinWait(round);
                    Volatile.Write(ref writing, false);
                    if (item.Written())
                    {
                        End();
                    }
                }

                finished = item.TryFinish();
                if (finished)
                {
                    book.Settle(item, Known);
                }
            }

            await Task.WhenAll(Task.Run(Send, Token), Task.Run(GiveUp, Token), Task.Run(GiveUp, Token));
            whole += finished ? 1 : 0;
            Assert.Equal(finished ? 0 : 1, ended);
            Assert.Equal((ImportState.Due, finished), (item.State, item.Finding is ImportFinding.Known));
            Assert.True(book.Due.TryRead(out var due) && due == item && !book.Due.TryRead(out _));
            book.Close(item);
            Assert.Throws<InvalidOperationException>(() => book.Close(item));
            Assert.False(item.TryWrite() || item.TryFinish() || item.TryGiveUp());
        }

        Assert.InRange(whole, 0, Rounds - 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Documents_of_sets_that_come_in_any_order_and_from_several_hands_are_due_once_and_after_all_of_their_set(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var book = new ImportBook(new ImportOptions { WindowItems = 64 });
            var number = 0L;
            List<ImportItem> documents = [];
            foreach (var size in Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 7)))
            {
                Guid[] ids = [.. Enumerable.Range(0, size).Select(_ => Guid.NewGuid())];
                book.BeginSet(++number, NewCall(), PlanOf(ids), ids, refusal: null);
                documents.AddRange(ids.Select(id => book.Begin(++number, NewCall(), 10, new UploadIntent { RequestId = id.ToString() })!));
            }

            documents.AddRange(Enumerable.Range(0, random.Next(3)).Select(_ => book.Begin(++number, NewCall(), 10, new UploadIntent())!));
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(documents));
            var refused = documents.Where(_ => random.Next(4) == 0).ToHashSet();
            documents.ForEach(document => document.Arrive(_ => { }));
            await Task.WhenAll(documents.Chunk(3).Select(some => Task.Run(
                () => Array.ForEach(some, document => book.Settle(document, refused.Contains(document) ? Refused : Known)), Token)));

            HashSet<ImportItem> closed = [];
            while (book.Due.TryRead(out var due))
            {
                if (due.IsSet)
                {
                    Assert.All(due.Set!.Documents.Values, document => Assert.True(document!.State.IsSettled()));
                    Assert.Equal(
                        due.Set.Documents.Values.Except(refused).Count(), due.Set.Members.Count(member => closed.Add(member.Document)));
                }
                else
                {
                    Assert.True(due.Set is null || refused.Contains(due));
                }

                Assert.True(closed.Add(due));
            }

            Assert.Equal(number, closed.Count);
            Assert.All(closed, item => Assert.True(item.IsServersTurn));
            book.End();
            Assert.False(book.Emptied.IsCompleted);
            Assert.All(closed, book.Close);
            Assert.True(book.Emptied.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public void It_is_the_servers_turn_when_all_of_a_set_is_here_and_is_looked_into()
    {
        var book = new ImportBook(new ImportOptions());
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid()];
        book.BeginSet(1, NewCall(), PlanOf(ids), ids, refusal: null);
        Begin(2, ids[0]).Arrive(_ => { });
        Assert.False(book.IsWorking);
        var last = Begin(3, ids[1]);
        Assert.False(book.IsWorking);
        last.Arrive(_ => { });
        Assert.True(book.IsWorking);

        ImportItem Begin(long number, Guid id) => book.Begin(number, NewCall(), 1, new UploadIntent { RequestId = id.ToString() })!;
    }

    [Fact]
    public void What_a_document_turned_out_to_be_is_told_once()
    {
        var book = new ImportBook(new ImportOptions());
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid()];
        book.BeginSet(1, NewCall(), PlanOf(ids), ids, refusal: null);
        var item = book.Begin(2, NewCall(), 1, new UploadIntent { RequestId = ids[0].ToString() })!;
        item.Arrive(_ => { });
        book.Settle(item, Known);
        Assert.Throws<InvalidOperationException>(() => book.Settle(item, Refused));
        Assert.Equal((ImportState.Waiting, false), (item.State, book.Due.TryRead(out _)));
    }

    [Fact]
    public void A_set_that_ends_before_it_is_whole_is_due_with_what_came_of_it_once_that_is_settled()
    {
        var book = new ImportBook(new ImportOptions());
        Guid[] ids = [.. Enumerable.Range(0, 3).Select(_ => Guid.NewGuid())];
        book.BeginSet(1, NewCall(), PlanOf(ids), ids, refusal: null);
        var (first, second) = (Begin(2, ids[0]), Begin(3, ids[1]));
        first.Arrive(_ => { });
        book.Settle(first, Known);
        second.Accept(null!);
        Assert.False(book.IsWorking);

        book.EndSets(isOrderly: false);
        Assert.False(book.Due.TryRead(out _));
        Assert.Equal([second], book.Unfinished);
        Assert.True(second.TryGiveUp());
        book.Settle(second, new ImportFinding.Refused(Failures.Of(ErrorReason.CallCancelled), IsSilent: true));

        Assert.True(book.Due.TryRead(out var due) && due == second);
        Assert.True(book.Due.TryRead(out var set) && set is { IsSet: true, IsSilent: true });
        Assert.Equal([first], set.Set!.Members.Select(member => member.Document));
        Assert.NotNull(set.Set.ToArrival().FailureOf(ids[0]));

        ImportItem Begin(long number, Guid id) => book.Begin(number, NewCall(), 1, new UploadIntent { RequestId = id.ToString() })!;
    }

    [Fact]
    public void A_set_has_no_pieces()
    {
        var book = new ImportBook(new ImportOptions());
        Guid[] ids = [Guid.NewGuid()];
        book.BeginSet(1, NewCall(), PlanOf(ids), ids, refusal: null);
        Assert.Throws<RpcException>(() => book.Find(1));
    }

    private static ImportFinding Known => new ImportFinding.Known(new UploadDocumentResponse(), []);

    private static ImportFinding Refused => new ImportFinding.Refused(Failures.Of(ErrorReason.DigestMismatch));

    private static Call NewCall() => new() { ServerRequestId = Guid.NewGuid(), Method = "", Rule = new Dmp.Annotations.V1.Access() };

    private static SubmissionSetPlan PlanOf(IReadOnlyList<Guid> documents) => new()
    {
        Message = new SubmissionSetIntent(),
        RecordId = Guid.NewGuid(),
        RequestId = Guid.NewGuid(),
        SetId = Guid.NewGuid(),
        DocumentRequestIds = documents,
        Metadata = new SubmissionSetMetadata(),
    };
}
