using Dmp.Annotations.V1;
using Grpc.AspNetCore.Server;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Dmp.Server.Pipeline;

/// <summary>The rule of a method, read from its <c>(dmp.annotations.v1.access)</c> option and put on its endpoint.</summary>
internal sealed record MethodRule(string Method, Annotations.V1.Access Access)
{
    /// <summary>
    /// Puts the rule of its method on every endpoint of a service. A method without a rule stops the server here, at
    /// start: it could not be reached anyway, see <see cref="AccessGate"/>.
    /// </summary>
    public static void AddTo(GrpcServiceEndpointConventionBuilder endpoints, ServiceDescriptor service)
    {
        endpoints.Add(builder =>
        {
            if (builder.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is not { } grpc)
            {
                return;
            }

            var method = service.FindMethodByName(grpc.Method.Name);
            var access = method?.GetOptions()?.GetExtension(AnnotationsExtensions.Access)
                ?? throw new InvalidOperationException(
                    $"{service.FullName}/{grpc.Method.Name} has no (dmp.annotations.v1.access) option; nobody may call it.");
            if (access.Functions.Count == 0 && (access.Professional != Relation.Unspecified || access.Structure != Relation.Unspecified))
            {
                throw new InvalidOperationException($"{service.FullName}/{grpc.Method.Name} names no function of the functional matrix.");
            }

            builder.Metadata.Add(new MethodRule($"{service.FullName}/{grpc.Method.Name}", access));
        });
    }
}
